import SystemPackage

/// A place at which a part of the library can be reached.
public struct Exposure: Hashable, Sendable {
    /// How the place shows what is in the library.
    public enum Means: Hashable, Sendable {
        /// The library's own directories: by a mount of their filesystem.
        case mount
        /// A filesystem of its own that shows them, such as an overlay.
        case stacked
    }

    /// Absolute path.
    public let place: FilePath
    /// Which part, relative to the library; empty for all of it.
    public let part: FilePath
    public let means: Means
    /// The mount by which the place is there.
    public let mountpoint: FilePath
    /// Another path of the same directory or file, by which it can be told; nil where `means` is ``Means/stacked``.
    public let twin: FilePath?
}

/// Where the library lies in the filesystems that are mounted.
public struct LibraryMap: Sendable {
    /// A directory of a filesystem that is a part of the library.
    private struct Tree: Hashable {
        let device: String
        let root: FilePath
        let part: FilePath
        /// Its path.
        let path: FilePath
    }

    /// How a directory lies to the library.
    public enum Relation: Sendable, Hashable {
        /// The library lies in it.
        case above
        case same
        /// It is a part of the library.
        case inside
    }

    private let library: FilePath
    private let mounts: [MountEntry]
    private let trees: [Tree]

    /// - Parameters:
    ///   - library: the library's path without symbolic links.
    ///   - mounts: those that this process sees.
    ///   - resolve: a path without symbolic links; nil if there is none. Layers are named as they were typed.
    public init(library: FilePath, mounts: [MountEntry], resolve: (FilePath) -> FilePath? = { $0 }) {
        self.library = library
        self.mounts = mounts
        var trees: [Tree] = []
        if let top = Self.location(of: library, in: mounts) {
            trees.append(Tree(device: top.holder.device, root: top.path, part: "", path: library))
        }
        var holders = trees.isEmpty ? [] : Self.location(of: library, in: mounts).map { [($0, FilePath(""))] } ?? []
        for mount in mounts {
            guard let part = mount.mountpoint.part(below: library), !part.isEmpty else { continue }
            trees.append(Tree(device: mount.device, root: mount.root, part: part, path: mount.mountpoint))
            holders.append((Location(holder: mount, path: mount.root), part))
        }
        // Of a library that lies on an overlay the layers hold the files.
        for (location, part) in holders {
            for layer in location.holder.layers.compactMap(resolve) {
                let path = layer.joined(FilePath(root: nil, location.path.components))
                guard let found = Self.location(of: path, in: mounts) else { continue }
                trees.append(Tree(device: found.holder.device, root: found.path, part: part, path: path))
            }
        }
        self.trees = trees
    }

    /// Every place that leads into the library by the mounts given, of this process or of another: the library's own, bind
    /// mounts of it, of what it lies in and of what lies in it, the same for filesystems that are mounted inside it, and
    /// filesystems that are stacked on any of them.
    ///
    /// - Parameter resolve: as in the initializer.
    public func exposures(
        in mounts: [MountEntry], resolve: (FilePath) -> FilePath? = { $0 }
    ) -> [Exposure] {
        var found: Set<Exposure> = []
        for mount in mounts {
            for (place, tree, inside) in places(of: mount.device, mount.root, at: mount.mountpoint) {
                found.insert(
                    Exposure(
                        place: place, part: tree.part.joined(inside), means: .mount, mountpoint: mount.mountpoint,
                        twin: tree.path.joined(inside)))
            }
            for layer in mount.layers.compactMap(resolve) {
                guard let location = Self.location(of: layer, in: self.mounts) else { continue }
                for (place, tree, inside) in places(of: location.holder.device, location.path, at: mount.mountpoint)
                where place != library {
                    found.insert(
                        Exposure(
                            place: place, part: tree.part.joined(inside), means: .stacked, mountpoint: mount.mountpoint,
                            twin: nil))
                }
            }
        }
        return found.sorted { a, b in
            (a.place.bytes + [0] + a.part.bytes).lexicographicallyPrecedes(b.place.bytes + [0] + b.part.bytes)
        }
    }

    /// Where a directory of a filesystem that is seen at `mountpoint` shows parts of the library.
    private func places(
        of device: String, _ root: FilePath, at mountpoint: FilePath
    ) -> [(place: FilePath, tree: Tree, inside: FilePath)] {
        trees.filter { $0.device == device }.compactMap { tree in
            if let above = tree.root.part(below: root) { return (mountpoint.joined(above), tree, "") }
            return root.part(below: tree.root).map { (mountpoint, tree, $0) }
        }
    }

    /// How a directory lies to the library; nil if they have nothing in common.
    ///
    /// - Parameter path: absolute and without symbolic links.
    public func relation(of path: FilePath) -> Relation? {
        if path == library { return .same }
        if let location = Self.location(of: path, in: mounts) {
            let found = places(of: location.holder.device, location.path, at: path)
            if found.contains(where: { $0.place == path && $0.inside.isEmpty && $0.tree.part.isEmpty }) { return .same }
            if found.contains(where: { $0.place == path }) { return .inside }
            if !found.isEmpty { return .above }
        }
        if path.part(below: library) != nil { return .inside }
        return library.part(below: path) == nil ? nil : .above
    }

    /// A path as a directory of the filesystem that is mounted there.
    private struct Location {
        let holder: MountEntry
        let path: FilePath
    }

    private static func location(of path: FilePath, in mounts: [MountEntry]) -> Location? {
        // Of several mounts at one place the last one is seen.
        let holder = mounts.enumerated().filter { path.part(below: $0.element.mountpoint) != nil }.max {
            ($0.element.mountpoint.components.count, $0.offset) < ($1.element.mountpoint.components.count, $1.offset)
        }
        guard let mount = holder?.element, let inside = path.part(below: mount.mountpoint) else { return nil }
        return Location(holder: mount, path: mount.root.joined(inside))
    }
}

extension [Exposure] {
    /// Without those that lie below another one: they are reached through it.
    public var outermost: [Exposure] {
        filter { candidate in
            !contains { other in
                other.place != candidate.place && candidate.place.part(below: other.place) != nil
            }
        }
    }
}
