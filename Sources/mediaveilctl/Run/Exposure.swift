/// A place at which a part of the library can be reached.
struct Exposure: Hashable {
    /// Absolute path.
    let place: String
    /// Which part, relative to the library; "" for all of it.
    let part: String
}

extension Exposure {
    /// Every place that leads into the library by the mounts there are: its own, bind mounts of it, of what it lies in
    /// and of what lies in it, and the same for filesystems that are mounted inside it.
    ///
    /// Sorted so that a place comes before what lies below it; places below another one are left out, as they are
    /// reached through it.
    static func all(library: String, in mounts: [MountEntry]) -> [Exposure] {
        let trees = self.trees(library: library, in: mounts)
        var found: Set<Exposure> = [Exposure(place: library, part: "")]
        for mount in mounts {
            for tree in trees where tree.device == mount.device {
                if let inside = PathText.part(of: tree.root, below: mount.root) {
                    found.insert(Exposure(place: PathText.joined(mount.mountpoint, inside), part: tree.part))
                } else if let inside = PathText.part(of: mount.root, below: tree.root) {
                    found.insert(Exposure(place: mount.mountpoint, part: PathText.joined(tree.part, inside)))
                }
            }
        }
        let sorted = found.sorted { ($0.place, $0.part) < ($1.place, $1.part) }
        return sorted.filter { candidate in
            !sorted.contains { other in
                other.place != candidate.place && PathText.part(of: candidate.place, below: other.place) != nil
            }
        }
    }

    /// A directory of a filesystem that is a part of the library.
    private struct Tree {
        let device: String
        let root: String
        let part: String
    }

    private static func trees(library: String, in mounts: [MountEntry]) -> [Tree] {
        var trees: [Tree] = []
        // Of several mounts at one place the last one is seen.
        let holders = mounts.enumerated().filter { PathText.part(of: library, below: $0.element.mountpoint) != nil }
        let holder = holders.max { ($0.element.mountpoint.count, $0.offset) < ($1.element.mountpoint.count, $1.offset) }
        if let holder = holder?.element, let inside = PathText.part(of: library, below: holder.mountpoint) {
            trees.append(Tree(device: holder.device, root: PathText.joined(holder.root, inside), part: ""))
        }
        for mount in mounts {
            guard let part = PathText.part(of: mount.mountpoint, below: library), !part.isEmpty else { continue }
            trees.append(Tree(device: mount.device, root: mount.root, part: part))
        }
        return trees
    }
}
