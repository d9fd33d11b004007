import Foundation
import Glibc
import TestSupport

/// A machine that a real systemd has booted, with the service by its own unit and three more units that look at the
/// library as docs/views.md puts them behind a view.
struct BootedMachine {
    let answers: String

    /// What a unit told: `first`, or `second` after the service was killed.
    func answer(_ unit: String, _ time: String) -> ContainedLook.Answer {
        ContainedLook.Answer(answers + "/" + unit + "/" + time)
    }

    /// Boots it, lets it end, and runs `body` with what it left.
    static func with(_ body: (BootedMachine) throws -> Void) throws {
        try withTemporaryDirectory { root in
            let machine = BootedMachine(answers: root + "/answers")
            mkdir(root + "/bound", 0o755)
            mkdir(machine.answers, 0o755)
            for unit in ["dynamic", "user", "simple"] {
                mkdir(machine.answers + "/" + unit, 0o777)
                chmod(machine.answers + "/" + unit, 0o777)
            }
            for (name, text) in [("look.sh", ContainedLook.script), ("inside.sh", inside)] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/bound/" + name))
            }
            try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: root + "/bound/photo.jpg"))
            let (daemon, control) = (Machine.program("mediaveild"), Machine.program("mediaveilctl"))
            let unit = Machine.packageRoot + "/systemd/mediaveil.service"
            let steps = ContainerTool.machine + "\n" + outside
            let outcome = try Program.output(["sh", "-ec", steps, "sh", root, daemon, control, unit], seconds: 120)
            let log = (try? String(contentsOfFile: machine.answers + "/log", encoding: .utf8)) ?? ""
            guard outcome.status == 0, log.hasSuffix("done\n") else {
                throw RunningService.Failure(description: "\(outcome.errors)\(outcome.output)\(log)")
            }
            try body(machine)
        }
    }

    /// The programs bring those libraries along that are not the distribution's.
    private static let outside = """
        cp "$2" "$3" "$4" $1/bound/
        cp $(ldd "$2" "$3" | sed -n 's|.*=> \\(/[^ ]*\\) .*|\\1|p' | grep -v -e '^/lib' -e '^/usr/lib' | sort -u) $1/bound/
        cat > $1/files/root/etc/systemd/system/mediaveil-test.service <<UNIT
        [Unit]
        DefaultDependencies=no
        [Service]
        Type=oneshot
        ExecStart=/bin/sh -e /bound/inside.sh
        ExecStopPost=/bin/systemctl exit --force
        StandardOutput=file:/answers/log
        StandardError=inherit
        UNIT
        \(ContainerTool.boot) --tmpfs=/srv --bind-ro=$1/bound:/bound --bind=$1/answers:/answers \
            systemd.unit=mediaveil-test.service
        """

    private static let inside = """
        trap 'systemctl --no-pager status mediaveil dynamic user simple || true' EXIT
        mkdir -p /srv/media/library /media/library /etc/mediaveil /etc/systemd/system/mediaveil.service.d
        chmod 0700 /srv/media
        cd /srv/media/library
        mkdir -p DCIM Android/data/org.camera Android/data/org.editor
        echo 'of the camera' > Android/data/org.camera/secret.txt
        echo 'its own' > Android/data/org.editor/own.txt
        echo film > DCIM/film.mp4
        cp /bound/photo.jpg DCIM/
        chmod -R a+rwX .
        cd /
        printf '[library]\\npath = "/srv/media/library"\\n[shared_view]\\nmount = "/media/library"\\n' \
            > /etc/mediaveil/mediaveil.toml
        cp /bound/mediaveil.service /etc/systemd/system/
        # The rest of the unit stays as it is; the limit may be above what the test itself was given.
        printf '[Service]\\nExecStart=\\nExecStart=/bound/mediaveild --config /etc/mediaveil/mediaveil.toml\\nLimitNOFILE=\\n' \
            > /etc/systemd/system/mediaveil.service.d/test.conf
        unit() {
            name=$1 twice=$2 place=$3
            cat > /etc/systemd/system/$name.service
            printf '%s\\n' '[Unit]' Wants=mediaveil.service After=mediaveil.service '[Service]' TemporaryFileSystem=/media \
                ReadWritePaths=/answers 'Environment="SEARCH=/media /srv /run /mnt"' \
                "ExecStart=/bin/sh /bound/look.sh $place /answers/$name $twice /srv/media/library /media/library" \
                >> /etc/systemd/system/$name.service
        }
        unit dynamic twice /media/photos/library <<UNIT
        [Service]
        DynamicUser=yes
        BindPaths=/srv/views/photos:/media/photos
        UNIT
        unit user twice /media/photos/library <<UNIT
        [Service]
        User=daemon
        BindPaths=/srv/views/photos:/media/photos
        UNIT
        unit simple once /media/photos <<UNIT
        [Unit]
        PartOf=mediaveil.service
        [Service]
        DynamicUser=yes
        BindPaths=/run/mediaveil/views/simple:/media/photos
        UNIT
        systemctl daemon-reload
        systemctl start mediaveil
        ctl=/bound/mediaveilctl
        install -d -m 0700 /srv/views && install -d /srv/views/photos
        $ctl app add org.camera --uid 61101
        $ctl app add org.editor --uid 61102
        $ctl grant org.editor media.read.images
        $ctl view add photos --app org.editor --at /srv/views/photos/library
        $ctl view add simple --app org.editor
        await() {
            tries=0
            until "$@" >/dev/null 2>&1; do
                tries=$((tries + 1))
                [ "$tries" -lt 200 ] || { echo "in vain: $*"; return 1; }
                sleep 0.1
            done
        }
        systemctl start dynamic user simple
        for name in dynamic user simple; do await test -e /answers/$name/first; done
        old=$(systemctl show -P MainPID mediaveil)
        systemctl kill --signal=SIGKILL mediaveil
        restarted() { new=$(systemctl show -P MainPID mediaveil); [ "$new" != 0 ] && [ "$new" != "$old" ] && $ctl status; }
        await restarted
        touch /answers/dynamic/go /answers/user/go
        for name in dynamic user; do await test -e /answers/$name/second; done
        trap - EXIT
        echo done
        """
}
