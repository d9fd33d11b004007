import Glibc
import TestSupport

/// A package of PyPI in a place of its own, so that the machine stays as it is.
struct PythonPackage {
    let python: String

    struct Failure: Error, CustomStringConvertible { let description: String }

    init(_ name: String, in directory: String) throws {
        python = directory + "/bin/python"
        let steps = [
            ["python3", "-m", "venv", directory], [python, "-m", "pip", "-q", "--no-cache-dir", "install", name],
        ]
        for step in steps {
            var outcome = try Program.output(step, seconds: 120)
            // A registry may be away for a moment.
            for _ in 0..<3 where outcome.status != 0 {
                sleep(10)
                outcome = try Program.output(step, seconds: 120)
            }
            guard outcome.status == 0 else { throw Failure(description: "\(step.joined(separator: " ")): \(outcome)") }
        }
    }
}
