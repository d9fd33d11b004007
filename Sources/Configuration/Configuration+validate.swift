import Policy

extension Configuration {
    /// What no single key can tell: keys that are missing, and keys that contradict each other.
    func validate(_ origins: Origins) throws(ConfigurationError) {
        guard !libraryPath.isEmpty else {
            throw origins.error("library.path", "is missing: name the directory that holds the media")
        }
        guard libraryPath != "/" else {
            throw origins.error("library.path", "the whole filesystem cannot be a library")
        }
        try validateMount(origins)
        try validateServiceFiles(origins)
        try validateFolders(origins)
        try validateAudit(origins)
    }

    private func validateMount(_ origins: Origins) throws(ConfigurationError) {
        guard let mount = sharedViewMount else { return }
        if inside(mount, libraryPath) {
            throw origins.error(
                "shared_view.mount", "\(mount) lies in the library \(libraryPath); mount the view outside it")
        }
        if inside(libraryPath, mount) {
            throw origins.error(
                "shared_view.mount", "\(mount) would cover the library \(libraryPath); mount the view elsewhere")
        }
    }

    private func validateServiceFiles(_ origins: Origins) throws(ConfigurationError) {
        let sockets = [("service.socket", socket)] + (metricsSocket.map { [("service.metrics_socket", $0)] } ?? [])
        let directories = [
            ("service.state_directory", stateDirectory), ("service.runtime_directory", runtimeDirectory),
        ]
        for (key, path) in directories + sockets {
            if inside(path, libraryPath) {
                throw origins.error(key, "\(path) lies in the library \(libraryPath), where apps could reach it")
            }
            if let mount = sharedViewMount, inside(path, mount) {
                throw origins.error(key, "\(path) lies below the view \(mount), which would cover it")
            }
        }
        for (key, path) in sockets where path.utf8.count >= 108 {
            throw origins.error(
                key, "the path of a Unix socket has at most 107 bytes; this one has \(path.utf8.count)")
        }
        if metricsSocket == socket {
            throw origins.error(
                "service.metrics_socket", "\(socket) is service.socket already; give the metrics a socket of their own")
        }
    }

    private func validateFolders(_ origins: Origins) throws(ConfigurationError) {
        var earlier: [FolderRule] = []
        for (key, kind, patterns) in [
            ("app_folders.private", FolderRule.Kind.private, privateFolders),
            ("app_folders.shared", .shared, sharedFolders),
        ] {
            for pattern in patterns {
                let rule: FolderRule
                do throws(PolicyError) { rule = try FolderRule(pattern: pattern, kind: kind) } catch {
                    throw origins.error(key, "\(error)")
                }
                if let reason = earlier.lazy.compactMap({ rule.contradiction(to: $0) }).first {
                    throw origins.error(key, "\"\(pattern)\": \(reason); leave one of them out")
                }
                earlier.append(rule)
            }
        }
    }

    private func validateAudit(_ origins: Origins) throws(ConfigurationError) {
        guard auditRetention > 0 else {
            throw origins.error(
                "audit.retention", "rows that are kept for no time are no log; write for example \"90d\"")
        }
        guard auditMaxSize >= 1 << 20 else {
            throw origins.error("audit.max_size", "is smaller than the database without rows; write at least \"1MiB\"")
        }
    }

    /// Whether `path` is `directory` or lies below it.
    private func inside(_ path: String, _ directory: String) -> Bool {
        path == directory || path.hasPrefix(directory + "/")
    }
}
