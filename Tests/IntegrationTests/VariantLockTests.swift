import Glibc
import TestSupport
import Testing

/// Locks belong to the file, whatever variant of it a descriptor was opened on.
@Suite(.enabled(if: Machine.canMount, "\(Machine.need)"), .timeLimit(.minutes(5)))
struct VariantLockTests {
    /// Who may not know locations reads from one node and writes to another.
    @Test func oneProcessLocksAFileThroughBothItsVariants() throws {
        try withService { service in
            let photo = service.library + "/clean.jpg"
            _ = try Program.run(["sh", "-c", "printf text > '\(photo)'; chmod 666 '\(photo)'"])
            try service.addApps()
            for permission in ["read.images", "write.images"] {
                try service.administer("grant org.editor media.\(permission)")
            }
            // From the first lock on, closes of single descriptors are told to the service.
            let first = "import fcntl; fcntl.lockf(open(\"clean.jpg\"), fcntl.LOCK_SH)"
            #expect(try service.shell(RunningService.editor, "python3 -c '\(first)'").status == 0)
            let outcome = try service.shell(
                RunningService.editor,
                """
                python3 -c '
                import fcntl, os
                def lock(file, kind):
                    try:
                        fcntl.lockf(file, kind | fcntl.LOCK_NB)
                        return "locked"
                    except OSError as error: return os.strerror(error.errno)
                def attempt(kind):
                    child = os.fork()
                    if child == 0: os._exit(lock(os.open("clean.jpg", os.O_RDWR), kind) != "locked")
                    return "refused" if os.waitpid(child, 0)[1] else "free"
                reader, writer = os.open("clean.jpg", os.O_RDONLY), os.open("clean.jpg", os.O_RDWR)
                print(lock(reader, fcntl.LOCK_SH), attempt(fcntl.LOCK_SH), attempt(fcntl.LOCK_EX))
                print(lock(writer, fcntl.LOCK_EX), attempt(fcntl.LOCK_SH))
                os.close(reader)
                print(attempt(fcntl.LOCK_EX))
                '
                """)
            #expect(outcome.output == "locked free refused\nlocked refused\nfree\n", "\(outcome.errors)")
            let status = try service.administer("status")
            #expect(!status.contains(" 0 router") && !status.contains(" 0 daemon"), "\(status)")
        }
    }
}
