import CLinux
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import LinuxSystem

/// Whom modes, owners, groups and access lists let through, compared with what the kernel does.
@Suite(.enabled(if: getuid() == 0, "needs root"), .timeLimit(.minutes(10)))
struct AccessTests {
    static let owner: UInt32 = 61_301
    static let other: UInt32 = 61_302
    static let group: UInt32 = 61_303

    static let doors = [
        "chmod 0700", "chmod 0711", "chmod 0755", "chown 61301 D; chmod 0700", "chown 61301 D; chmod 0077",
        "chgrp 61303 D; chmod 0710", "chgrp 61303 D; chmod 0701", "chgrp 61303 D; chmod 0770",
        "chmod 0700 D; setfacl -m u:61302:x", "chmod 0755 D; setfacl -m u:61302:-",
        "chmod 0700 D; setfacl -m g:61303:rx", "chmod 0755 D; setfacl -m g:61303:r",
        "chmod 0700 D; setfacl -m u:61302:rwx,m::r", "chmod 0751 D; setfacl -m g:61303:-,g:61302:x",
    ]

    @Test(arguments: doors)
    func aDoorLetsThroughWhomTheKernelLetsThrough(_ door: String) throws {
        try withTemporaryDirectory { root throws in
            let directory = root + "/door"
            let words = door.replacingOccurrences("D", with: "'\(directory)'")
            let made = try Program.output([
                "sh", "-c", "mkdir -p '\(directory)/in' && echo x > '\(directory)/in/file' && \(words) '\(directory)'",
            ])
            try #require(made.status == 0, "\(made.errors)")
            let path = try WalkedPath(FilePath(directory + "/in"))
            for (uid, groups) in [
                (Self.owner, []), (Self.other, []), (Self.other, [Self.group]), (61_304, [Self.group]),
            ] {
                let words = groups.isEmpty ? ["--clear-groups"] : ["--groups", "\(groups[0])"]
                let kernel = try Program.run(
                    ["setpriv", "--reuid", "\(uid)", "--regid", "\(uid)"] + words + ["cat", directory + "/in/file"])
                let user = UserIdentity(uid: uid, groups: Set(groups + [uid]))
                #expect(path.admits(user) == (kernel == 0), "\(uid) in \(groups)")
            }
            #expect(path.admits(UserIdentity(uid: 0, groups: [])))
        }
    }

    @Test func theFirstClosedDoorIsNamed() throws {
        try withTemporaryDirectory { root throws in
            #expect(try Program.run(["mkdir", "-p", root + "/a/b/c"]) == 0)
            chmod(root + "/a/b", 0o700)
            let path = try WalkedPath(FilePath(root + "/a/b/c"))
            #expect(path.closedDoor(to: .stranger)?.path == FilePath(root + "/a/b"))
            #expect(!path.admits(.stranger))
            #expect(throws: Errno.noSuchFileOrDirectory) { try WalkedPath(FilePath(root + "/none/c")) }
        }
    }

    @Test func usersAndGroupsAreKnown() {
        #expect(UserDatabase.user(0)?.name == "root")
        #expect(UserDatabase.groupName(0) == "root")
        #expect(UserDatabase.user(61_399) == nil)
        #expect(UserDatabase.identity(61_399).groups.isEmpty)
        #expect(UserDatabase.identity(0).groups.contains(0))
        #expect(UserDatabase.users().contains { $0.uid == 0 })
        #expect(ProcessOwner(getpid())?.identity.uid == getuid())
    }

    @Test func processesWithMountsOfTheirOwnAreFound() throws {
        let child = try Program.start(["unshare", "-m", "sleep", "60"])
        defer {
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
        }
        #expect(waitUntil { MountNamespace.others().namespaces.contains { $0.processes.contains(child) } })
    }
}

extension String {
    fileprivate func replacingOccurrences(_ part: Character, with text: String) -> String {
        map { $0 == part ? text : String($0) }.joined()
    }
}
