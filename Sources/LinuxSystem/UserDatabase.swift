import CLinux
import Glibc
import Synchronization

/// Users and groups as the machine knows them (nsswitch.conf(5)).
public enum UserDatabase {
    public struct User: Sendable, Hashable {
        public let name: String
        public let uid: UInt32
        public let gid: UInt32
    }

    /// nil for a uid that no user has.
    public static func user(_ uid: UInt32) -> User? {
        var entry = passwd()
        return text { buffer, size, found in
            getpwuid_r(uid, &entry, buffer, size, found)
        } read: { pointer in
            User(pointer)
        }
    }

    /// nil for a gid that no group has.
    public static func groupName(_ gid: UInt32) -> String? {
        var entry = group()
        return text { buffer, size, found in
            getgrgid_r(gid, &entry, buffer, size, found)
        } read: { pointer in
            pointer.gr_name.map { String(cString: $0) }
        }
    }

    /// The user with all groups he is in; without any for a uid that no user has.
    public static func identity(_ uid: UInt32) -> UserIdentity {
        guard let user = user(uid) else { return UserIdentity(uid: uid, groups: []) }
        var room: Int32 = 64
        while true {
            var groups = [gid_t](repeating: 0, count: Int(room))
            var count = room
            if getgrouplist(user.name, user.gid, &groups, &count) >= 0 {
                return UserIdentity(uid: uid, groups: Set(groups.prefix(Int(count))))
            }
            // `count` is now what it takes.
            guard count > room, count <= 65_536 else { return UserIdentity(uid: uid, groups: [user.gid]) }
            room = count
        }
    }

    /// All users that can be listed, at most `limit`.
    public static func users(limit: Int = 2_000) -> [User] {
        // There is one position in the list for the whole process.
        listing.withLock { _ in
            var users: [User] = []
            setpwent()
            while users.count < limit, let entry = getpwent() {
                if let user = User(entry.pointee) { users.append(user) }
            }
            endpwent()
            return users
        }
    }

    private static let listing = Mutex<Void>(())

    /// Calls one of the reentrant functions with a buffer that is large enough.
    private static func text<Entry, Value>(
        _ call: (UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>) -> Int32,
        read: (Entry) -> Value?
    ) -> Value? {
        var size = 4_096
        while size <= 1 << 20 {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            var found: UnsafeMutablePointer<Entry>?
            let code = call(buffer, size, &found)
            if code == ERANGE {
                size *= 4
                continue
            }
            return code == 0 ? found.flatMap { read($0.pointee) } : nil
        }
        return nil
    }
}

extension UserDatabase.User {
    fileprivate init?(_ entry: passwd) {
        guard let name = entry.pw_name else { return nil }
        self.init(name: String(cString: name), uid: entry.pw_uid, gid: entry.pw_gid)
    }
}
