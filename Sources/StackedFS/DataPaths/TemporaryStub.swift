// Stands in until the data paths of redacted files land in this folder: whoever lands them deletes this file and
// keeps what Stack+open.swift and Stack+data.swift call.

import LinuxSystem
import Redaction
import SystemPackage

public struct ContentVersion: Hashable, Sendable {
    public var size: UInt64
    public var modified: FileAttributes.Time
    public var changed: FileAttributes.Time
    public static func of(_ fd: Int32) throws(Errno) -> ContentVersion { fatalError() }
}
public final class RedactedFile: Sendable {
    public enum Kind: Sendable { case snapshot, router, privateCopy }
    public var version: ContentVersion { fatalError() }
    public var plan: RedactionPlan { fatalError() }
    public var kind: Kind { .router }
    public var isStale: Bool { false }
    public var passthroughDescriptor: Int32? { nil }
    public func close() {}
    public func read(into: UnsafeMutableRawBufferPointer, at: UInt64) throws(Errno) -> Int { 0 }
}
public final class RedactedContent: Sendable {
    public init() {}
    public func open(_ d: OwnedDescriptor, directory: OwnedDescriptor, onStale: @escaping @Sendable () -> Void)
        throws(Errno) -> RedactedFile
    { fatalError() }
    public func carriesLocation(_ fd: Int32) throws(Errno) -> Bool { true }
}
