extension Configuration {
    /// What no single key can tell: keys that are missing, and keys that contradict each other.
    func validate(file: String) throws(ConfigurationError) {
        func fail(_ key: String, _ reason: String) -> ConfigurationError {
            ConfigurationError(file: file, line: nil, key: key, reason: reason)
        }
        guard !libraryPath.isEmpty else {
            throw fail("library.path", "is missing: name the directory that holds the media")
        }
        guard libraryPath != "/" else { throw fail("library.path", "the whole filesystem cannot be a library") }
        if let mount = sharedViewMount {
            if inside(mount, libraryPath) {
                throw fail(
                    "shared_view.mount", "\(mount) lies in the library \(libraryPath); mount the view outside it")
            }
            if inside(libraryPath, mount) {
                throw fail(
                    "shared_view.mount", "\(mount) would cover the library \(libraryPath); mount the view elsewhere")
            }
        }
        for (key, path) in [
            ("service.state_directory", stateDirectory), ("service.runtime_directory", runtimeDirectory),
            ("service.socket", socket),
        ] where inside(path, libraryPath) {
            throw fail(key, "\(path) lies in the library \(libraryPath), where apps could reach it")
        }
        guard socket.utf8.count < 108 else {
            throw fail(
                "service.socket", "the path of a Unix socket has at most 107 bytes; this one has \(socket.utf8.count)")
        }
    }

    /// Whether `path` is `directory` or lies below it.
    private func inside(_ path: String, _ directory: String) -> Bool {
        path == directory || path.hasPrefix(directory + "/")
    }
}
