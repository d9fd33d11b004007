import SystemPackage

extension FilePath {
    /// A path as the kernel has it: bytes, which need not be UTF-8; what follows a NUL is left out.
    public init(bytes: some Collection<UInt8>) {
        self.init(platformString: bytes.prefix { $0 != 0 }.map(CChar.init(bitPattern:)) + [0])
    }

    public var bytes: [UInt8] {
        withPlatformString { pointer in
            var bytes: [UInt8] = []
            while pointer[bytes.count] != 0 { bytes.append(UInt8(bitPattern: pointer[bytes.count])) }
            return bytes
        }
    }

    /// What of this path lies below `ancestor`, relative ("" if it is the same); nil if it does not lie below it.
    public func part(below ancestor: FilePath) -> FilePath? {
        var rest = self
        return rest.removePrefix(ancestor) ? rest : nil
    }

    /// This path and a relative one below it.
    public func joined(_ below: FilePath) -> FilePath {
        if below.isEmpty { return self }
        return isEmpty ? below : pushing(below)
    }
}
