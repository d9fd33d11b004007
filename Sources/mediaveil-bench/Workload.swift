import CLinux
import Glibc

/// One thing that is done in every place.
struct Workload: Sendable {
    let name: String
    var rounds = 7
    /// Operations of one round, for the time of one.
    let operations: Int
    var prepare: @Sendable (String) -> Void = { _ in }
    var clean: @Sendable (String) -> Void = { _ in }
    /// Does it once in a place; seconds.
    let measure: @Sendable (String) -> Double

    static let all: [Workload] =
        [
            sequentialRead, sequentialWrite, randomRead, randomWrite, mappedRead, openRead, status, listing, create,
        ] + trees

    private static let bigSize = 256 << 20
    private static let many = 2_000

    static func timed(_ body: () -> Void) -> Double {
        let start = now()
        body()
        return now() - start
    }

    private static func withFile(_ path: String, _ flags: Int32, _ body: (Int32) -> Void) {
        let descriptor = mv_openat(mv_AT_FDCWD, path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            Bench.report("cannot open \(path): errno \(mv_errno())")
            exit(1)
        }
        body(descriptor)
        close(descriptor)
    }

    private static func makeBig(_ place: String) {
        let block = [UInt8](repeating: 0x5a, count: 1 << 20)
        withFile(place + "/bench-big", O_CREAT | O_RDWR) { descriptor in
            for index in 0..<(bigSize >> 20) { pwrite(descriptor, block, block.count, off_t(index << 20)) }
            fsync(descriptor)
        }
    }

    private static func removeBig(_ place: String) { unlink(place + "/bench-big") }

    /// A folder of its own for each workload: the name of one that was just removed may still be known to a kernel.
    static func makeMany(_ place: String, _ count: Int) {
        mkdir(place, 0o755)
        for index in 0..<count {
            withFile(place + "/\(index).txt", O_CREAT | O_WRONLY) { write($0, "0123456789abcdef", 16) }
        }
    }

    static func removeMany(_ place: String, _ count: Int) {
        for index in 0..<count { unlink(place + "/\(index).txt") }
        rmdir(place)
    }

    /// Offsets that visit the blocks of the big file in an order without a pattern.
    private static func offset(_ index: Int) -> off_t { off_t((index &* 7_919) % (bigSize / 4_096) * 4_096) }

    static let sequentialRead = Workload(
        name: "sequential read 1 MiB", operations: bigSize >> 20, prepare: makeBig, clean: removeBig,
        measure: { place in
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            return timed {
                withFile(place + "/bench-big", O_RDONLY) { while read($0, &buffer, buffer.count) > 0 {} }
            }
        })

    static let sequentialWrite = Workload(
        name: "sequential write 1 MiB", operations: bigSize >> 20, prepare: makeBig, clean: removeBig,
        measure: { place in
            let buffer = [UInt8](repeating: 1, count: 1 << 20)
            return timed {
                withFile(place + "/bench-big", O_WRONLY) { descriptor in
                    for _ in 0..<(bigSize >> 20) { write(descriptor, buffer, buffer.count) }
                }
            }
        })

    static let randomRead = Workload(
        name: "random read 4 KiB", operations: 20_000, prepare: makeBig, clean: removeBig,
        measure: { place in
            var buffer = [UInt8](repeating: 0, count: 4_096)
            var seconds = 0.0
            withFile(place + "/bench-big", O_RDONLY) { descriptor in
                seconds = timed { for index in 0..<20_000 { pread(descriptor, &buffer, 4_096, offset(index)) } }
            }
            return seconds
        })

    static let randomWrite = Workload(
        name: "random write 4 KiB", operations: 20_000, prepare: makeBig, clean: removeBig,
        measure: { place in
            let buffer = [UInt8](repeating: 2, count: 4_096)
            var seconds = 0.0
            withFile(place + "/bench-big", O_RDWR) { descriptor in
                seconds = timed { for index in 0..<20_000 { pwrite(descriptor, buffer, 4_096, offset(index)) } }
            }
            return seconds
        })

    static let mappedRead = Workload(
        name: "mapped read", operations: bigSize >> 20, prepare: makeBig, clean: removeBig,
        measure: { place in
            var seconds = 0.0
            withFile(place + "/bench-big", O_RDONLY) { descriptor in
                guard let map = mmap(nil, bigSize, PROT_READ, MAP_SHARED, descriptor, 0), map != MAP_FAILED else {
                    return
                }
                seconds = timed {
                    var sum: UInt8 = 0
                    let bytes = UnsafeRawBufferPointer(start: map, count: bigSize)
                    for index in stride(from: 0, to: bigSize, by: 4_096) { sum &+= bytes[index] }
                    if sum == 1 { Bench.report("") }
                }
                munmap(map, bigSize)
            }
            return seconds
        })

    static let openRead = Workload(
        name: "open + read 4 KiB + close", operations: many, prepare: { makeMany($0 + "/bench-open", many) },
        clean: { removeMany($0 + "/bench-open", many) },
        measure: { place in
            var buffer = [UInt8](repeating: 0, count: 4_096)
            return timed {
                for index in 0..<many {
                    withFile(place + "/bench-open/\(index).txt", O_RDONLY) { read($0, &buffer, 4_096) }
                }
            }
        })

    static let status = Workload(
        name: "stat", operations: many, prepare: { makeMany($0 + "/bench-stat", many) },
        clean: { removeMany($0 + "/bench-stat", many) },
        measure: { place in
            var status = stat()
            return timed { for index in 0..<many { stat(place + "/bench-stat/\(index).txt", &status) } }
        })

    static let listing = Workload(
        name: "list 100,000 entries", operations: 100_000, prepare: { makeMany($0 + "/bench-list", 100_000) },
        clean: { removeMany($0 + "/bench-list", 100_000) },
        measure: { place in
            timed {
                guard let directory = opendir(place + "/bench-list") else { return }
                var entries = 0
                while readdir(directory) != nil { entries += 1 }
                closedir(directory)
                if entries != 100_002 { Bench.report("\(place) lists \(entries) entries") }
            }
        })

    static let create = Workload(
        name: "create + write + close, unlink", operations: 1_000,
        measure: { place in
            timed {
                makeMany(place + "/bench-create", 1_000)
                removeMany(place + "/bench-create", 1_000)
            }
        })
}
