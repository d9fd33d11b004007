import CLinux
import Control
import Glibc
import LinuxSystem
import Policy
import StackedFS
import Store
import SystemPackage

/// Answers the calls of the control interface.
final class ServiceHandler: ControlHandler {
    let service: Service

    init(_ service: Service) { self.service = service }

    func app(ofUser uid: UInt32) -> String? {
        let snapshot = service.store.keeper.current
        return snapshot.principal(uid: uid).app.flatMap { snapshot.name(of: .app($0)) }
    }

    func reload(_ request: ReloadRequest, from peer: Peer) throws -> ReloadRequest.Reply {
        do { return ReloadRequest.Reply(changes: try service.reload()) } catch {
            throw ControlError.conflict(
                reason: "\(error)", remedy: "correct the configuration; the old one stays in force")
        }
    }

    /// Runs a change of the policy; its errors become those of the interface, and its success a row of the audit.
    func changing<T>(
        _ operation: String, app: String?, _ peer: Peer, detail: String, _ body: () throws -> T
    ) throws -> T {
        do {
            let result = try body()
            service.note(operation, app: app, peer, detail: detail)
            return result
        } catch let error as PolicyError {
            throw ControlError(error)
        } catch let error as StoreError {
            throw ControlError.failed(reason: "\(error)")
        }
    }

    func record(_ grant: PolicyStore.KeptGrant) -> GrantRecord {
        GrantRecord(
            app: grant.grant.app, permission: grant.grant.permission.rawValue,
            under: grant.grant.under.isEmpty ? nil : grant.grant.under, created: timestamp(grant.created),
            expires: grant.grant.expires.map(timestamp))
    }

    func timestamp(_ seconds: UInt64) -> Timestamp {
        Timestamp(microseconds: Int64(clamping: seconds.multipliedReportingOverflow(by: 1_000_000).partialValue))
    }

    func permission(_ name: String) throws -> Permission {
        guard let permission = Permission(rawValue: name) else {
            throw ControlError.invalidParameter(
                parameter: "permission", reason: "there is no permission “\(name)”",
                remedy: "one of " + Permission.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return permission
    }

    /// A path as the library has it, by components: relative paths as they are, absolute ones in the library or in a
    /// view. Names are bytes, not always UTF-8.
    func components(of path: FaithfulPath, parameter: String) throws -> [[UInt8]] {
        guard !path.bytes.contains(0) else {
            throw ControlError.invalidParameter(parameter: parameter, reason: "a path has no NUL bytes")
        }
        let slash = UInt8(ascii: "/")
        var rest = path.bytes[...]
        if rest.first == slash {
            let tops = ([service.library.path] + service.views.all.map(\.path)).map { Array($0.utf8) }
            let top = tops.first { rest.starts(with: $0) && (rest.count == $0.count || rest[$0.count] == slash) }
            guard let top else {
                throw ControlError.invalidParameter(
                    parameter: parameter, reason: "\(path.text) lies neither in the library nor in a view",
                    remedy: "name it relative to the library \(service.library.path)")
            }
            rest = rest.dropFirst(top.count)
        }
        let parts = rest.split(separator: slash).map(Array.init).filter { $0 != Array(".".utf8) }
        guard !parts.contains(Array("..".utf8)) else {
            throw ControlError.invalidParameter(
                parameter: parameter, reason: "“..” could lead out of the library", remedy: "name the path without it")
        }
        return parts
    }

    /// As ``components(of:parameter:)``, as one text.
    func relative(_ path: String, parameter: String) throws -> String {
        let parts = try components(of: FaithfulPath(path), parameter: parameter)
        return String(decoding: Array(parts.joined(separator: [UInt8(ascii: "/")])), as: UTF8.self)
    }
}

extension PolicySnapshot.Principal {
    /// The index of the app, if it is one.
    var app: UInt32? {
        if case .app(let index) = self { index } else { nil }
    }
}

extension ControlError {
    init(_ error: PolicyError) {
        switch error {
        case .invalid(let what, let reason):
            self = .invalidParameter(parameter: what, reason: reason)
        case .notFound(let what):
            let words = what.split(separator: " ", maxSplits: 1)
            let kind = words.first.map(String.init) ?? "thing"
            let lists = ["app": "app list", "view": "view list"][kind]
            self = .notFound(
                kind: kind, name: words.count > 1 ? String(words[1]) : "",
                remedy: lists.map { "mediaveilctl \($0) names them all" })
        case .conflict(let what, let reason): self = .conflict(reason: "\(what): \(reason)")
        }
    }
}
