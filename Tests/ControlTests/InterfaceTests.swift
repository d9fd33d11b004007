import Control
import Testing

@Test func parses() throws { #expect(try InterfaceDescription(ControlInterface.description).methods.count == 21) }
