import Control
import Testing

/// Who may ask what. The small service knows gallery (uid 1001) and notes (uid 1002).
@Suite(.timeLimit(.minutes(10)), .enabled(if: canActAsOtherUsers, "needs root, to act as other users"))
struct PermissionTests {
    private static let group: UInt32 = 4711

    private func ask<R: ControlRequest>(
        as uid: UInt32, groups: [UInt32] = [], _ request: R, _ socket: String
    ) throws -> R.Reply {
        try asUser(uid, groups: groups) { try ControlClient(path: socket).call(request) }
    }

    @Test func aUserSeesItsOwnApp() throws {
        try withService { socket, _, _ in
            #expect(try ask(as: 1001, ShowAppRequest(app: "gallery"), socket).app.name == "gallery")
            #expect(try ask(as: 1001, CheckRequest(app: "gallery", path: "x"), socket).visible)
            _ = try ControlClient(path: socket).call(GrantRequest(app: "notes", permission: "media.location"))
            #expect(try ask(as: 1001, ListGrantsRequest(app: "gallery"), socket).grants.isEmpty)
            // Without a name it means its own, not all.
            #expect(try ask(as: 1001, ListGrantsRequest(), socket).grants.isEmpty)
            #expect(try ask(as: 1002, ListGrantsRequest(), socket).grants.count == 1)
        }
    }

    @Test func anotherAppAndNoAppAreTheSameToIt() throws {
        try withService { socket, _, _ in
            func errors(_ app: String) -> [ControlError?] {
                [
                    #expect(throws: ControlError.self) { try ask(as: 1001, ShowAppRequest(app: app), socket) },
                    #expect(throws: ControlError.self) { try ask(as: 1001, ListGrantsRequest(app: app), socket) },
                    #expect(throws: ControlError.self) {
                        try ask(as: 1001, CheckRequest(app: app, path: "x"), socket)
                    },
                ]
            }
            for (there, absent) in zip(errors("notes"), errors("nobody")) {
                guard case .notFound("app", "notes", let first) = there,
                    case .notFound("app", "nobody", let second) = absent
                else {
                    Issue.record("\(String(describing: there)), \(String(describing: absent))")
                    continue
                }
                #expect(first == second)
            }
        }
    }

    @Test func everythingElseIsForAdministrators() throws {
        try withService(administratorGroup: Self.group) { socket, _, _ in
            let bodies = [
                "Status": "{}", "Doctor": "{}", "Reload": "{}", "AddApp": #"{"name":"x","uids":[]}"#, "ListApps": "{}",
                "RemoveApp": #"{"app":"gallery"}"#, "Grant": #"{"app":"gallery","permission":"media.location"}"#,
                "Revoke": #"{"app":"gallery","permission":"media.location"}"#,
                "AddView": #"{"name":"v","app":"gallery"}"#, "ListViews": "{}", "RemoveView": #"{"name":"v"}"#,
                "PrepareRun": #"{"app":"gallery"}"#, "ExportPolicy": "{}", "ImportPolicy": #"{"toml":""}"#,
                "QueryAudit": "{}", "FollowAudit": "{}", "VerifyAudit": "{}", "AuditReport": "{}",
            ]
            let own: Set = ["ShowApp", "ListGrants", "Check"]
            #expect(Set(bodies.keys).union(own) == Set(ControlInterface.requests.map { $0.method }))
            for (method, body) in bodies {
                // What is wrong with the parameters is none of their business either.
                for parameters in [body, "{\"x\":1}"] {
                    let reply = try asUser(1001) {
                        try RawConnection(socket).call(RawConnection.request(method, parameters, #","more":true"#))
                    }
                    #expect(reply?.contains("org.mediaveil.Control.NotPermitted") == true, "\(method)")
                }
            }
        }
    }

    @Test func theAdministratorsGroupMayDoEverythingByAnyOfItsMembersGroups() throws {
        try withService(administratorGroup: Self.group) { socket, _, server in
            let member = try ask(as: 1500, groups: [Self.group], ListAppsRequest(), socket)
            #expect(member.apps.count == 2)
            let many = (5000..<5300).map { UInt32($0) } + [Self.group]
            let joiner = try ask(as: 1500, groups: many, ListAppsRequest(), socket)
            #expect(joiner.apps.count == 2)
            // The helper's gid is its uid: here the primary group.
            let primary = try ask(as: Self.group, ListAppsRequest(), socket)
            #expect(primary.apps.count == 2)
            #expect(throws: ControlError.self) { try ask(as: 1500, groups: [7], ListAppsRequest(), socket) }
            server.setAdministratorGroup(nil)
            #expect(throws: ControlError.self) { try ask(as: 1500, groups: [Self.group], ListAppsRequest(), socket) }
        }
    }

    @Test func aUserOfNoAppIsToldSo() throws {
        try withService { socket, _, _ in
            let error = #expect(throws: ControlError.self) { try ask(as: 1500, ListGrantsRequest(), socket) }
            guard case .notPermitted(let reason, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("1500"))
        }
    }

    @Test func everybodyMayIntrospect() throws {
        try withService { socket, _, _ in
            let reply = try asUser(1500) {
                try RawConnection(socket).call(#"{"method":"org.varlink.service.GetInfo"}"#)
            }
            #expect(reply?.contains("MediaVeil") == true)
        }
    }

    @Test func oneUserCannotTakeAllPlaces() throws {
        var limits = ControlServer.Limits()
        limits.connectionsOfOneUser = 5
        try withService(limits: limits) { socket, _, server in
            let replies = try asUser(1001) {
                let connections = try (0..<20).map { _ in try RawConnection(socket) }
                return connections.map { $0.call(RawConnection.request("ListGrants")) }
            }
            #expect(replies.count { $0 != nil } == 5)
            #expect(try ask(as: 1002, ListGrantsRequest(), socket).grants.isEmpty)
            #expect(try ControlClient(path: socket).call(ListViewsRequest()).views.isEmpty)
        }
    }

    @Test func longRequestsAreForAdministrators() throws {
        try withService { socket, _, _ in
            let reply = try asUser(1001) {
                let path = String(repeating: "a", count: 70_000)
                return try RawConnection(socket).call(
                    RawConnection.request("Check", "{\"app\":\"gallery\",\"path\":\"\(path)\"}"))
            }
            #expect(reply == nil)
        }
    }
}
