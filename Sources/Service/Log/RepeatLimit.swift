import Logging

/// Holds back messages that repeat: each is told a few times in a while, and afterwards how many more there were.
///
/// A message is its level and its words; the fields that go with it may differ. Those of ``Logger/Level/debug`` and
/// below are never held back: who asks for them wants all.
struct RepeatLimit {
    struct Message: Hashable {
        var level: Logger.Level
        var text: String
    }

    struct LeftOut: Hashable {
        let message: Message
        let count: Int
    }

    private struct Window {
        let began: UInt64
        var told = 0
        var leftOut = 0
    }

    /// How often a message is told within ``period``.
    static let burst = 10
    /// Nanoseconds.
    static let period: UInt64 = 60_000_000_000
    /// How many messages are told apart; others share one place.
    static let capacity = 256
    static let others = "other messages"

    private var windows: [Message: Window] = [:]

    /// Whether to tell this message now, and what to tell before it.
    ///
    /// - Parameter now: nanoseconds of a clock that never goes back.
    mutating func admits(_ message: Message, at now: UInt64) -> (isTold: Bool, before: [LeftOut]) {
        guard message.level >= .info else { return (true, []) }
        var before: [LeftOut] = []
        var key = message
        if windows[key] == nil, windows.count >= RepeatLimit.capacity {
            before = ended(at: now)
            if windows.count >= RepeatLimit.capacity { key.text = RepeatLimit.others }
        }
        var window = windows[key] ?? Window(began: now)
        if now - min(now, window.began) >= RepeatLimit.period {
            if window.leftOut > 0 { before.append(LeftOut(message: key, count: window.leftOut)) }
            window = Window(began: now)
        }
        let isTold = window.told < RepeatLimit.burst
        if isTold { window.told += 1 } else { window.leftOut += 1 }
        windows[key] = window
        return (isTold, before)
    }

    /// What was left out in the periods that have ended; `all`: in those that run too.
    mutating func ended(at now: UInt64, all: Bool = false) -> [LeftOut] {
        var result: [LeftOut] = []
        for (message, window) in windows where all || now - min(now, window.began) >= RepeatLimit.period {
            if window.leftOut > 0 { result.append(LeftOut(message: message, count: window.leftOut)) }
            windows[message] = nil
        }
        return result.sorted { ($0.message.text, $0.count) < ($1.message.text, $1.count) }
    }
}
