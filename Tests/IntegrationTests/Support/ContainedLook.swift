import CLinux
import Foundation
import Glibc
import TestSupport

/// A library with two apps, and what a process that is put behind the editor's view tells about it: the same script in
/// whatever tool holds the process.
struct ContainedLook {
    /// Arguments: the library as the app should find it, a directory for the answers, whether the service is killed in
    /// between, and paths that must lead nowhere. SEARCH limits where it looks for the library. busybox is enough for it.
    static let script = """
        place=$1 answers=$2 twice=$3
        shift 3
        look() {
            cd / && cd "$place" || { echo "place: none"; return; }
            echo "folders:" $(ls Android/data)
            echo "own:" $(cat Android/data/org.editor/own.txt)
            echo "hidden:" $(cat Android/data/org.camera/secret.txt 2>&1)
            echo "film:" $(cat DCIM/film.mp4 2>&1)
            # Users of the same app do not write into each other's files.
            new=Android/data/org.editor/new-${answers##*/}.txt
            echo "saved:" $(echo new > $new && cat $new && rm $new)
            for path in "$@"; do [ -e "$path" ] && echo "way: $path"; done
            find ${SEARCH:-/} \\( -path /proc -o -path /sys -o -path /usr \\) -prune -o -name secret.txt -print 2>/dev/null |
                sed 's/^/way: /'
            echo "photo:" $(base64 DCIM/photo.jpg)
            cd /
        }
        look "$@" > "$answers/first.part" 2>&1
        mv "$answers/first.part" "$answers/first"
        [ "$twice" = once ] && exit 0
        tries=0
        until [ -e "$answers/go" ] && [ -e "$place/DCIM/photo.jpg" ]; do
            tries=$((tries + 1))
            [ "$tries" -gt 200 ] && break
            sleep 0.1
        done
        look "$@" > "$answers/second.part" 2>&1
        mv "$answers/second.part" "$answers/second"
        """

    /// What it told.
    struct Answer {
        let text: String
        init(_ path: String) { text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "no answer" }

        func value(_ name: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
        var photo: [UInt8] {
            Array(value("photo").flatMap { Data(base64Encoded: $0.filter { $0 != " " }) } ?? Data())
        }
        var ways: [Substring] { text.split(separator: "\n").filter { $0.hasPrefix("way:") } }

        /// All that is not as the editor's view has it; nothing if all is well.
        var faults: [String] {
            var faults: [String] = []
            if value("folders") != "org.editor" { faults.append("other folders") }
            if value("own") != "its own" { faults.append("not its own file") }
            if value("saved") != "new" { faults.append("nothing can be saved") }
            if value("hidden")?.hasSuffix("No such file or directory") != true { faults.append("a hidden file shows") }
            if value("film")?.hasSuffix("No such file or directory") != true { faults.append("a film shows") }
            if photo.count != SamplePhoto.bytes().count { faults.append("not the photo") }
            if photo.carriesLocation { faults.append("the photo's location") }
            if !ways.isEmpty { faults.append("ways to the library") }
            return faults.isEmpty ? [] : faults + [text]
        }
    }

    let service: RunningService

    var views: String { service.root + "/views" }
    var answers: String { service.root + "/answers" }
    var scriptPath: String { service.root + "/look.sh" }
    var container: String { service.root + "/container" }
    /// The directory to bind with propagation; the view is at `library` below it.
    var directory: String { views + "/photos" }
    /// The view of the simple form.
    var simple: String { service.root + "/run/views/simple" }

    /// Runs `body` with the service, its views, and a minimal root filesystem for containers.
    static func with(_ body: (ContainedLook) throws -> Void) throws {
        try withService(prepare: furnish) { service in
            let look = ContainedLook(service: service)
            // `/` is not a shared mount everywhere: this directory is.
            let shared = "mkdir -m 0700 \(look.views) && mount -t tmpfs -o mode=0700 none \(look.views)"
            let steps =
                shared + " && mount --make-shared \(look.views) && mkdir \(look.directory) && "
                + "install -d -m 0777 \(look.answers)"
            guard try Program.run(["sh", "-ec", steps]) == 0 else {
                throw RunningService.Failure(description: "cannot mount")
            }
            try service.write(look.scriptPath, script)
            try service.addApps()
            try service.administer("grant org.editor media.read.images")
            try service.administer("view add photos --app org.editor --at \(look.directory)/library")
            try service.administer("view add simple --app org.editor")
            try look.makeContainer()
            try body(look)
        }
    }

    private static func furnish(_ service: RunningService) throws {
        let steps = """
            cd '\(service.library)'
            mkdir -p DCIM Android/data/org.camera Android/data/org.editor
            echo 'of the camera' > Android/data/org.camera/secret.txt
            echo 'its own' > Android/data/org.editor/own.txt
            echo film > DCIM/film.mp4
            """
        guard try Program.run(["sh", "-ec", steps]) == 0 else {
            throw RunningService.Failure(description: "cannot furnish")
        }
        try Data(SamplePhoto.bytes()).write(to: URL(fileURLWithPath: service.library + "/DCIM/photo.jpg"))
        _ = try Program.run(["chmod", "-R", "a+rwX", service.library])
    }

    private func makeContainer() throws {
        let steps = """
            cd '\(container)'
            mkdir bin proc sys dev etc tmp media answers
            cp "$(command -v busybox)" bin/busybox
            for name in sh ls cat find sed base64 mv rm sleep true; do ln -s busybox bin/$name; done
            echo root:x:0:0:root:/:/bin/sh > etc/passwd
            cp '\(scriptPath)' look.sh
            """
        mkdir(container, 0o755)
        guard try Program.run(["sh", "-ec", steps]) == 0 else {
            throw RunningService.Failure(description: "no busybox")
        }
    }

    /// The container's command.
    ///
    /// - Parameters:
    ///   - place: where it should find the library.
    ///   - twice: whether it looks again after ``killTheServiceWhileItRuns()``.
    func command(place: String, twice: Bool = false) -> [String] {
        ["/bin/sh", "/look.sh", place, "/answers", twice ? "twice" : "once", service.library, service.view]
    }

    /// Runs a tool that holds the command.
    func run(_ arguments: [String]) throws -> Answer {
        for file in ["first", "second", "go"] { unlink(answers + "/" + file) }
        let outcome = try Program.output(arguments, seconds: 60)
        guard outcome.status == 0 else { throw RunningService.Failure(description: "\(arguments): \(outcome)") }
        return Answer(answers + "/first")
    }

    /// As ``run(_:)``, with the service killed and started again while the tool holds the command.
    func runThroughAKill(_ arguments: [String]) throws -> (before: Answer, after: Answer) {
        for file in ["first", "second", "go"] { unlink(answers + "/" + file) }
        let log = memfd_create("tool", 0)
        defer { close(log) }
        let tool = try Program.start(arguments, output: log, errors: log)
        let looked = waitUntil(within: 60) { access(answers + "/first", F_OK) == 0 }
        if looked {
            try service.crash(leavingMounts: true)
            try service.start()
        }
        try service.write(answers + "/go", "")
        let status = try Program.wait(for: tool, seconds: 60)
        guard looked, status == 0 else {
            let text = (try? String(contentsOfFile: "/proc/self/fd/\(log)", encoding: .utf8)) ?? ""
            throw RunningService.Failure(description: "\(arguments): \(status) \(text)")
        }
        return (Answer(answers + "/first"), Answer(answers + "/second"))
    }
}
