import Foundation
import StackedFS
import SystemPackage
import TestSupport

/// A kernel that passes nothing through and is told nothing: enough to run the stack without a mount.
final class NoKernel: KernelChannel {
    var supportsPassthrough: Bool { false }
    func registerBacking(_ descriptor: Int32) throws(Errno) -> Int32 { throw .notSupported }
    func closeBacking(_ id: Int32) {}
    func invalidate(nodeID: UInt64) {}
}

/// A stack over a temporary directory.
struct StackOnDirectory {
    let root: String
    let stack: Stack
    let context: RequestContext

    static func with(_ filters: [any Filter] = [], _ body: (StackOnDirectory) throws -> Void) throws {
        try withTemporaryDirectory { root in
            let library = try Library(path: root, redacted: RedactedContent())
            let view = ViewIdentity(name: "test")
            let stack = Stack(
                library: library, view: view, filters: FilterSet(filters), timeouts: .init(), channel: NoKernel())
            let context = RequestContext(uid: 0, gid: 0, pid: 1, view: view, names: stack)
            try body(StackOnDirectory(root: root, stack: stack, context: context))
        }
    }

    func write(_ path: String, _ text: String = "text") throws {
        let full = root + "/" + path
        let folder = full.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: "/" + folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: full))
    }

    func lookup(_ path: String) throws -> FoundNode {
        var node = stack.root
        var found: FoundNode?
        for name in path.split(separator: "/") {
            let next = try stack.lookup(node, Array(name.utf8), context)
            node = next.node
            found = next
        }
        guard let found else { throw Errno.noSuchFileOrDirectory }
        return found
    }

    func names(_ node: Node) throws -> [String] {
        let opened = try stack.openDirectory(node, context)
        defer { stack.releaseDirectory(opened.handle) }
        var names: [String] = []
        try stack.list(opened.handle, from: 0, withAttributes: false, context) { item, _ in
            names.append(String(decoding: item.name, as: UTF8.self))
            return true
        }
        return names.sorted()
    }
}
