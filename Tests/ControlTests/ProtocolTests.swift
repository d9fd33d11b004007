import Control
import Testing

/// The wire as any Varlink client sees it.
@Suite(.timeLimit(.minutes(10)))
struct ProtocolTests {
    private func answer(_ message: String) throws -> String? {
        try withService { socket, _, _ in try RawConnection(socket).call(message) }
    }

    @Test func repliesHaveSortedSnakeCaseMembersAndPlainSlashes() throws {
        let reply = try answer(RawConnection.request("Check", #"{"app":"gallery","path":"a/b"}"#))
        #expect(
            reply
                == #"{"parameters":{"app":"gallery","path":"a/b","read":true,"rule":"no grant","variant":"redacted","visible":true,"write":false}}"#
        )
    }

    @Test func theServiceDescribesItself() throws {
        let information = try #require(try answer(#"{"method":"org.varlink.service.GetInfo"}"#))
        #expect(information.contains(#""interfaces":["org.varlink.service","org.mediaveil.Control"]"#))
        let description = try #require(
            try answer(
                #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"org.varlink.service"}}"#
            ))
        #expect(description.contains("method GetInfo()"))
        let unknown = try answer(
            #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"a.b"}}"#)
        #expect(unknown == #"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"a.b"}}"#)
    }

    @Test(arguments: [
        (#"{"method":"org.mediaveil.Control.Nothing"}"#, "org.varlink.service.MethodNotFound"),
        (#"{"method":"com.example.Do"}"#, "org.varlink.service.InterfaceNotFound"),
        (#"{"method":"nothing"}"#, "org.varlink.service.MethodNotFound"),
        (#"{"method":""}"#, "org.varlink.service.MethodNotFound"),
        (#"{"method":"org.mediaveil.Control.QueryAudit","parameters":{}}"#, "org.varlink.service.ExpectedMore"),
    ])
    func whatThereIsNotIsSaid(message: String, error: String) throws {
        #expect(try answer(message)?.contains("\"error\":\"\(error)\"") == true)
    }

    @Test(arguments: [
        ("AddApp", "{}", "name"), ("AddApp", #"{"name":"x"}"#, "uids"), ("AddApp", #"{"name":7,"uids":[]}"#, "name"),
        ("AddApp", #"{"name":"x","uids":[1,-1]}"#, "uids[1]"),
        ("AddApp", #"{"name":"x","uids":[4294967296]}"#, "uids[0]"),
        ("AddApp", #"{"name":"x","uids":["1"]}"#, "uids[0]"), ("AddApp", #"{"name":"x","uids":7}"#, "uids"),
        ("AddApp", #"{"name":null,"uids":[]}"#, "name"), ("AddApp", #"{"name":"x","uids":[1.5]}"#, "uids[0]"),
        ("Grant", #"{"app":"gallery","permission":"media.location","undr":"DCIM"}"#, "undr"),
        ("Grant", #"{"app":"gallery","permission":"media.location","seconds":1e99}"#, "seconds"),
        ("Revoke", #"{"app":"gallery","permission":"x","terminate":"yes"}"#, "terminate"),
        ("Check", #"{"app":"gallery","path":"a","path_base64":"*"}"#, "path_base64"),
        ("AuditReport", #"{"since":"yesterday"}"#, "since"), ("Status", #"{"x":1}"#, "x"),
        ("Status", "[]", "parameters"),
        ("Status", "7", "parameters"),
    ])
    func aWrongParameterIsNamed(method: String, parameters: String, name: String) throws {
        let reply = try #require(try answer(RawConnection.request(method, parameters)))
        #expect(reply.contains(#""error":"org.mediaveil.Control.InvalidParameter""#), "\(reply)")
        #expect(reply.contains("\"parameter\":\"\(name)\""), "\(reply)")
    }

    @Test func parametersMayBeLeftOutWhereThereAreNone() throws {
        #expect(try answer(#"{"method":"org.mediaveil.Control.ListViews"}"#) == #"{"parameters":{"views":[]}}"#)
        #expect(
            try answer(#"{"method":"org.mediaveil.Control.ListViews","parameters":null}"#)
                == #"{"parameters":{"views":[]}}"#)
    }

    @Test func oneWayCallsHaveNoReply() throws {
        try withService { socket, service, _ in
            let connection = try RawConnection(socket)
            connection.send(RawConnection.request("AddApp", #"{"name":"quiet","uids":[9]}"#, #","oneway":true"#) + "\0")
            connection.send(RawConnection.request("ShowApp", #"{"app":"nobody"}"#, #","oneway":true"#) + "\0")
            _ = try ControlClient(path: socket).call(GrantRequest(app: "gallery", permission: "media.location"))
            connection.send(
                RawConnection.request(
                    "Revoke", #"{"app":"gallery","permission":"media.location"}"#, #","oneway":true"#) + "\0")
            #expect(connection.call(RawConnection.request("ListViews")) == #"{"parameters":{"views":[]}}"#)
            #expect(service.app(ofUser: 9) == "quiet")
            #expect(try ControlClient(path: socket).call(ListGrantsRequest()).grants.isEmpty)
        }
    }

    @Test func callsThatAreSentTogetherAreAnsweredInOrder() throws {
        try withService { socket, _, _ in
            let connection = try RawConnection(socket)
            let names = (0..<100).map { "app\($0)" }
            let calls = names.map { RawConnection.request("ShowApp", "{\"app\":\"\($0)\"}") + "\0" }
            connection.send(calls.joined())
            for name in names { #expect(connection.receive()?.contains("\"name\":\"\(name)\"") == true) }
        }
    }

    @Test func aCallerThatEndsItsInputStillGetsItsReplies() throws {
        try withService { socket, _, _ in
            let connection = try RawConnection(socket)
            connection.send(RawConnection.request("ListViews") + "\0" + RawConnection.request("ListViews") + "\0")
            connection.finishSending()
            #expect(connection.receive() != nil && connection.receive() != nil && connection.receive() == nil)
        }
    }

    @Test func allButTheLastReplyOfAStreamContinue() throws {
        try withService { socket, _, _ in
            let connection = try RawConnection(socket)
            connection.send(RawConnection.request("AuditReport", "{}", #","more":true"#) + "\0")
            #expect(connection.receive() == #"{"continues":true,"parameters":{"text":"<html>"}}"#)
            #expect(connection.receive() == #"{"continues":true,"parameters":{"text":"</html>"}}"#)
            #expect(connection.receive() == #"{"parameters":{"text":""}}"#)
        }
    }
}
