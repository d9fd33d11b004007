import Foundation

enum Environment {
    static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }
    static var wantsExtra: Bool { ProcessInfo.processInfo.environment["MEDIAVEIL_TEST_EXTRA"] == "1" }
}
