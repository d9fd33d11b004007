import Dispatch
import LinuxSystem
import StackedFS
import SystemPackage
import TestSupport
import Testing

/// Nodes are found, counted, forgotten and never confused.
@Suite(.timeLimit(.minutes(10))) struct NodeTests {
    @Test func forgettingGivesEverythingBack() throws {
        try StackOnDirectory.with { t throws in
            for number in 0..<500 { try t.write("f\(number)", "") }
            var ids: [UInt64] = []
            for _ in 0..<2 { for number in 0..<500 { ids.append(try t.lookup("f\(number)").node.id) } }
            #expect(Set(ids).count == 500)
            #expect(t.stack.nodeCount == 501)
            for id in ids { t.stack.forget(id, count: 1) }
            #expect(t.stack.nodeCount == 1)
            #expect(throws: Errno.staleNFSFileHandle) { try t.stack.node(ids[0]) }
            // A number is never used twice.
            #expect(!ids.contains(try t.lookup("f0").node.id))
        }
    }

    @Test func aNodeFollowsItsFileAndNotItsName() throws {
        try StackOnDirectory.with { t throws in
            try t.write("a", "1")
            try t.write("b", "22")
            let a = try t.lookup("a").node
            _ = try Program.run(["mv", t.root + "/a", t.root + "/c"])
            _ = try Program.run(["mv", t.root + "/b", t.root + "/a"])
            #expect(try t.lookup("a").node.id != a.id)
            #expect(try t.lookup("c").node.id == a.id)
            #expect(try t.stack.attributes(of: a, t.context).0.size == 1)
            #expect(String(decoding: a.path, as: UTF8.self) == "c")
        }
    }

    @Test func aRecycledInodeIsAnotherNode() throws {
        try StackOnDirectory.with { t throws in
            var seen: [UInt64: UInt64] = [:]
            for _ in 0..<200 {
                try t.write("f", "x")
                let node = try t.lookup("f").node
                if let before = seen[node.identity.inode] { #expect(before != node.id) }
                seen[node.identity.inode] = node.id
                _ = try Program.run(["rm", t.root + "/f"])
            }
        }
    }

    @Test func manyThreadsKeepTheCounts() throws {
        try StackOnDirectory.with { t throws in
            for number in 0..<50 { try t.write("f\(number)", "") }
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                for _ in 0..<40 {
                    for number in 0..<50 {
                        guard let found = try? t.lookup("f\(number)") else { continue }
                        t.stack.forget(found.node.id, count: 1)
                    }
                }
            }
            #expect(t.stack.nodeCount == 1)
        }
    }

    @Test func namesThatNoDirectoryHasAreRefused() throws {
        try StackOnDirectory.with { t throws in
            #expect(throws: Errno.fileNameTooLong) {
                try t.stack.lookup(t.stack.root, [UInt8](repeating: 65, count: 256), t.context)
            }
            #expect(throws: Errno.noSuchFileOrDirectory) { try t.stack.lookup(t.stack.root, [], t.context) }
            let longest = String(repeating: "n", count: 255)
            try t.write(longest, "x")
            #expect(try t.lookup(longest).attributes.size == 1)
        }
    }
}
