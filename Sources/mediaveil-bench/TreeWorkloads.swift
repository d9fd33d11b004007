import CLinux
import Glibc

/// What is done to a whole tree: as find and tar do it.
extension Workload {
    static let trees = [find, archive]

    private static let directories = 100
    private static let files = 100

    /// Names, then the attributes of each.
    private static let find = Workload(
        name: "find by size, 10,000 files", operations: directories * files, prepare: { make($0 + "/bench-find") },
        clean: { remove($0 + "/bench-find") },
        measure: { place in
            timed {
                let found = walk(place + "/bench-find") { _, _ in }
                if found != directories * files { Bench.report("\(place) has \(found) files") }
            }
        })

    /// Names, attributes and content of each.
    private static let archive = Workload(
        name: "tar 10,000 small files", operations: directories * files, prepare: { make($0 + "/bench-tar") },
        clean: { remove($0 + "/bench-tar") },
        measure: { place in
            var buffer = [UInt8](repeating: 0, count: 4_096)
            return timed {
                _ = walk(place + "/bench-tar") { directory, name in
                    let file = mv_openat(directory, name, O_RDONLY | O_CLOEXEC, 0)
                    while read(file, &buffer, buffer.count) > 0 {}
                    close(file)
                }
            }
        })

    private static func make(_ place: String) {
        mkdir(place, 0o755)
        for index in 0..<directories { makeMany(place + "/\(index)", files) }
    }

    private static func remove(_ place: String) {
        for index in 0..<directories { removeMany(place + "/\(index)", files) }
        rmdir(place)
    }

    /// Calls `body` with directory and name of every file of a tree of two levels; returns how many there are.
    private static func walk(_ place: String, _ body: (Int32, UnsafePointer<CChar>) -> Void) -> Int {
        var found = 0
        for index in 0..<directories {
            guard let directory = opendir(place + "/\(index)") else { continue }
            while let entry = readdir(directory) {
                guard entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) else { continue }
                var status = stat()
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                        fstatat(dirfd(directory), name, &status, AT_SYMLINK_NOFOLLOW)
                        body(dirfd(directory), name)
                    }
                }
                found += 1
            }
            closedir(directory)
        }
        return found
    }
}
