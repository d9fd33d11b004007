import CLinux
import Testing

/// Waits until `condition` holds; a minute of patience for machines under load.
func waitUntil(
    _ what: Comment = "this never came true", location: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) rethrows {
    for _ in 0..<6000 {
        if try condition() { return }
        usleep(10_000)
    }
    Issue.record(what, sourceLocation: location)
}
