import CLinux
import Foundation
import Glibc

/// The user that a command is run as.
struct Identity: Hashable {
    let name: String
    let uid: uid_t
    let gid: gid_t
    let groups: [gid_t]
    let home: String
    let shell: String

    /// By name or number, from the user database. A number that no user has is a user of that group and no other.
    static func named(_ text: String) throws(Failure) -> Identity {
        let entry = text.allSatisfy(\.isNumber) ? uid_t(text).flatMap { getpwuid($0) } : getpwnam(text)
        if let entry = entry?.pointee, let name = entry.pw_name {
            return Identity(
                name: String(cString: name), uid: entry.pw_uid, gid: entry.pw_gid, groups: groups(name, entry.pw_gid),
                home: entry.pw_dir.map { String(cString: $0) } ?? "/",
                shell: entry.pw_shell.map { String(cString: $0) } ?? "/bin/sh")
        }
        guard let uid = uid_t(text), uid != .max else {
            throw Failure(.notFound, "no user “\(Escaping.line(text))”", remedy: "getent passwd lists all users")
        }
        return Identity(name: text, uid: uid, gid: gid_t(uid), groups: [], home: "/", shell: "/bin/sh")
    }

    private static func groups(_ name: UnsafePointer<CChar>, _ group: gid_t) -> [gid_t] {
        var count: Int32 = 64
        while true {
            var groups = [gid_t](repeating: 0, count: Int(count))
            let room = count
            if getgrouplist(name, group, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
            // `count` is now what it takes.
            guard count > room, count <= 65_536 else { return [group] }
        }
    }

    /// Becomes this user for good.
    func assume() throws(Failure) {
        try step("take the groups of \(name)") { setgroups(groups.count, groups) }
        try step("take the group of \(name)") { setresgid(gid, gid, gid) }
        try step("become \(name)") { setresuid(uid, uid, uid) }
        for (variable, value) in [("HOME", home), ("SHELL", shell), ("USER", name), ("LOGNAME", name)] {
            setenv(variable, value, 1)
        }
    }
}
