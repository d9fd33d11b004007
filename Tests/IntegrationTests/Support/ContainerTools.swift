import Glibc
import TestSupport

/// Whether a tool can hold a process on this machine at all, without any view: what a container without control groups
/// or a kernel without user namespaces refuses is no fault of a recipe, and is told as a skipped test.
struct ContainerTool: Sendable {
    let works: Bool
    let need: String

    /// - Parameters:
    ///   - name: its program.
    ///   - trial: a shell script that holds `true` in the tool; a free directory is $1.
    private init(_ name: String, trial: String) {
        guard Machine.runsExtra, Machine.canMount else {
            (works, need) = (false, "needs MEDIAVEIL_TEST_EXTRA=1, root and /dev/fuse")
            return
        }
        // `make test-extra` installs them: without them the tests are to fail, not to be skipped.
        let present = (try? Program.run(["sh", "-c", "command -v \(name)"])) == 0
        guard present else {
            (works, need) = (Machine.isContinuousIntegration, "needs \(name)")
            return
        }
        let outcome = try? withTemporaryDirectory { try Program.output(["sh", "-ec", trial, "sh", $0], seconds: 60) }
        works = outcome?.status == 0
        need = "\(name) cannot hold a process here: \(outcome?.errors.suffix(300) ?? "no answer")"
    }

    /// What is on trial: a root filesystem of busybox alone.
    private static let root =
        "mkdir -p $1/root/bin $1/root/proc $1/root/dev $1/root/sys $1/root/etc $1/root/tmp; "
        + "cp $(command -v busybox) $1/root/bin/; ln -s busybox $1/root/bin/sh; ln -s busybox $1/root/bin/true; "

    static let bubblewrap = ContainerTool(
        "bwrap", trial: root + "bwrap --bind $1/root / --proc /proc --dev /dev --unshare-all /bin/true")

    static let lxc = ContainerTool(
        "lxc-execute",
        trial: root + "mkdir $1/lxc; printf '\(lxcConfiguration)' $1/root > $1/config; "
            + "lxc-execute -P $1/lxc -n mediaveil-trial-$$ -f $1/config -- /bin/true")

    /// For printf(1), with the root filesystem's path.
    static let lxcConfiguration = """
        lxc.rootfs.path = dir:%s\\nlxc.net.0.type = none\\nlxc.apparmor.profile = unconfined\\n\
        lxc.mount.auto = proc:mixed\\n
        """

    static let podman = ContainerTool(
        "podman",
        trial: root + "tar -C $1/root -c . | \(podman("$1")) import - trial; \(podman("$1")) "
            + "\(podmanRun) trial /bin/true; \(podmanCleaning("$1"))")

    /// Podman with a store of its own, so that the machine's is left alone.
    static func podman(_ store: String) -> String {
        "podman --root \(store)/store --runroot \(store)/run --storage-driver vfs --runtime runc "
            + "--cgroup-manager cgroupfs --events-backend none --log-level error"
    }

    /// Its limits are not above those of whoever runs the test, and it needs no network.
    static let podmanRun = "run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1000:1000"

    static func podmanCleaning(_ store: String) -> String { "\(podman(store)) rm --all --force --time 0 >/dev/null" }

    /// A machine of its own over the files of this one, in a directory; $2 and on are nspawn's further arguments.
    static let machine = """
        mkdir -p $1/files && mount -t tmpfs none $1/files
        mkdir $1/files/lower $1/files/upper $1/files/work $1/files/root
        mount --bind / $1/files/lower
        mount -t overlay -o lowerdir=$1/files/lower,upperdir=$1/files/upper,workdir=$1/files/work none $1/files/root
        tr -d - < /proc/sys/kernel/random/uuid > $1/files/root/etc/machine-id
        """

    /// Boots it for one unit, which ends it.
    static let boot = """
        systemd-nspawn --boot --quiet --directory $1/files/root --register=no --keep-unit --capability=all \
        --bind=/dev/fuse --machine mediaveil-$$
        """

    static let nspawn = ContainerTool(
        "systemd-nspawn",
        trial: machine + "\n"
            + """
            cat > $1/files/root/etc/systemd/system/mediaveil-trial.service <<UNIT
            [Unit]
            DefaultDependencies=no
            [Service]
            Type=oneshot
            ExecStart=/bin/touch /ran
            ExecStopPost=/bin/systemctl exit --force
            UNIT
            \(boot) systemd.unit=mediaveil-trial.service >&2
            test -e $1/files/root/ran
            """)
}
