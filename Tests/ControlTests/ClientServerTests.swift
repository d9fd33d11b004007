import Control
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ClientServerTests {
    @Test func aCallIsAnsweredWithItsReply() throws {
        try withService { socket, _, _ in
            let client = try ControlClient(path: socket)
            #expect(try client.call(StatusRequest()).library == "/srv/media")
            let added = try client.call(AddAppRequest(name: "maps", uids: [7]))
            #expect(added.app.name == "maps" && added.changes == ["uid [7] is now maps"])
            #expect(try client.call(ListAppsRequest()).apps.map(\.name) == ["gallery", "maps", "notes"])
        }
    }

    @Test func refusalsAreTyped() throws {
        try withService { socket, _, _ in
            let client = try ControlClient(path: socket)
            #expect(throws: ControlError.conflict(reason: "there is an app “notes” already")) {
                try client.call(AddAppRequest(name: "notes", uids: []))
            }
            #expect(
                throws: ControlError.notFound(
                    kind: "app", name: "nobody", remedy: "mediaveilctl app list shows all")
            ) { try client.call(ShowAppRequest(app: "nobody")) }
            // The connection is as good as before.
            #expect(try client.call(ListViewsRequest()).views.isEmpty)
        }
    }

    @Test func whatTheServiceDidNotForeseeIsAFailureWithoutDetails() throws {
        try withService { socket, _, _ in
            let client = try ControlClient(path: socket)
            let error = #expect(throws: ControlError.self) { try client.call(ReloadRequest()) }
            #expect(error?.description.contains("Secret") == false)
            if case .failed = error {} else { Issue.record("\(String(describing: error))") }
        }
    }

    @Test(arguments: [1, 255, 256, 257, 10_000])
    func rowsStreamInOrderAndCompletely(count: Int) throws {
        try withService { socket, _, _ in
            let client = try ControlClient(path: socket)
            var ids: [Int64] = []
            try client.call(QueryAuditRequest(limit: count)) {
                ids += $0.rows.map(\.id)
                return true
            }
            #expect(ids == (1...Int64(count)).map { $0 })
            // The client can be used on.
            #expect(try client.call(ListViewsRequest()).views.isEmpty)
        }
    }

    @Test func processesOfARevocationComeOneByOneOrAllAtOnce() throws {
        try withService { socket, _, _ in
            let client = try ControlClient(path: socket)
            let request = RevokeRequest(app: "gallery", permission: "media.location", terminate: true)
            _ = try client.call(GrantRequest(app: "gallery", permission: "media.location"))
            var pids: [[Int32]] = []
            try client.call(request) {
                pids.append($0.processes.map(\.pid))
                return true
            }
            #expect(pids == [[], [11], [12], []])
            _ = try client.call(GrantRequest(app: "gallery", permission: "media.location"))
            let reply = try client.call(request)
            #expect(reply.grants.count == 1 && reply.processes.map(\.pid) == [11, 12])
        }
    }

    @Test func theLastReplyOfAVerificationHasTheVerdict() throws {
        try withService { socket, _, _ in
            let client = try ControlClient(path: socket)
            var last: VerifyAuditRequest.Reply?
            try client.call(VerifyAuditRequest()) {
                last = $0
                return true
            }
            #expect(last?.verdict?.problems.map(\.row) == [2])
            #expect(try client.call(VerifyAuditRequest()) == last)
        }
    }

    @Test func aStreamMustBeAskedFor() throws {
        try withService { socket, _, _ in
            let client = try ControlClient(path: socket)
            #expect(throws: ControlError.expectedMore) { try client.call(QueryAuditRequest()) }
        }
    }

    @Test func aFollowerIsForgottenWhenItHangsUp() throws {
        try withService { socket, service, _ in
            do {
                let client = try ControlClient(path: socket)
                var rows = 0
                try client.call(FollowAuditRequest(), waitsForEver: true) {
                    rows += $0.rows.count
                    #expect(service.state.withLock { $0.followers } == 1)
                    return rows == 0
                }
            }
            #expect(waitUntil(within: 60) { service.state.withLock { $0.followers } == 0 })
        }
    }

    @Test func stoppingEndsFollowersAndRemovesTheSocket() throws {
        let path = try withService { socket, _, _ in
            let client = try ControlClient(path: socket)
            try client.call(FollowAuditRequest()) { $0.rows.isEmpty }
            return socket
        }
        let error = #expect(throws: ControlClient.Unreachable.self) { try ControlClient(path: path) }
        #expect(error?.description.contains("there is no socket") == true)
    }

    @Test func aSocketThatNobodyListensOnIsReplacedAndALivingOneIsNot() throws {
        try withService { socket, service, _ in
            #expect(throws: ControlServer.StartError.self) {
                try ControlServer.start(
                    path: socket, version: "0", administratorGroup: nil, handler: service, logger: .init(label: "t"))
            }
            let client = try ControlClient(path: socket)
            #expect(try client.call(ListViewsRequest()).views.isEmpty)
        }
    }

    @Test func aSocketThatAKilledServiceLeftIsReplacedAndOtherFilesAreNot() throws {
        try withTemporaryDirectory { directory in
            func start(_ name: String) throws -> ControlServer {
                try ControlServer.start(
                    path: "\(directory)/\(name)", version: "0", administratorGroup: nil, handler: SmallService(),
                    logger: .init(label: "t"))
            }
            let left = try CommandRun.run(
                ["/usr/bin/python3", "-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"]
                    .map { Array($0.utf8) } + [Array("\(directory)/left".utf8)], [:], "")
            #expect(left.status == 0)
            let server = try start("left")
            #expect(try ControlClient(path: "\(directory)/left").call(ListViewsRequest()).views.isEmpty)
            server.stop()
            try Data("precious".utf8).write(to: URL(fileURLWithPath: "\(directory)/file"))
            for name in ["file", "absent/socket", String(repeating: "x", count: 108)] {
                let error = #expect(throws: ControlServer.StartError.self) { try start(name) }
                #expect(error?.description.contains(name) == true)
            }
            #expect(try String(contentsOfFile: "\(directory)/file", encoding: .utf8) == "precious")
        }
    }
}
