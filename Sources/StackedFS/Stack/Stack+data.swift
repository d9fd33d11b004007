import CLinux
import LinuxSystem
import Synchronization
import SystemPackage

extension Stack {
    /// READ into `buffer`, for files whose bytes come through the service.
    public func read(
        _ file: OpenFile, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer, _ context: RequestContext
    ) throws(Errno) -> Int {
        nonisolated(unsafe) let buffer = buffer
        return try Pipeline.run(Read(file: file, offset: offset, count: buffer.count), context) { operation in
            .of { () throws(Errno) in
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(operation.count, buffer.count)])
                return try self.read(operation.file, at: operation.offset, into: part)
            }
        }.get()
    }

    private func read(
        _ file: OpenFile, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int {
        switch file.dataPath {
        case .redacted(let redacted):
            return try redacted.read(into: buffer, at: offset)
        case .redactedWritable:
            let pin = try descriptor(of: file.node)
            let state = privateState(of: file.node)
            return try state.read(pin, directory: library.rootDescriptor, into: buffer, at: offset)
        case .passthrough, .served:
            guard let position = off_t(exactly: offset) else { throw .invalidArgument }
            let descriptor = try self.descriptor(of: file)
            return try retryingLength { pread(descriptor.raw, buffer.baseAddress, buffer.count, position) }
        }
    }

    /// WRITE, for files whose bytes come through the service.
    public func write(
        _ file: OpenFile, at offset: UInt64, from buffer: UnsafeRawBufferPointer, _ context: RequestContext
    ) throws(Errno) -> Int {
        nonisolated(unsafe) let buffer = buffer
        return try Pipeline.run(Write(file: file, offset: offset, count: buffer.count), context) { operation in
            .of { () throws(Errno) in
                try self.mayWrite(operation.file)
                guard let position = off_t(exactly: operation.offset) else { throw .fileTooLarge }
                // With O_APPEND pwrite(2) appends whatever the offset: the kernel's idea of the end may be stale.
                let descriptor = try self.descriptor(of: operation.file)
                let count = min(operation.count, buffer.count)
                defer { self.wrote(operation.file) }
                return try retryingLength { pwrite(descriptor.raw, buffer.baseAddress, count, position) }
            }
        }.get()
    }

    /// FSYNC.
    public func synchronize(
        _ node: Node, _ file: OpenFile?, dataOnly: Bool, _ context: RequestContext
    ) throws(Errno) {
        _ = try Pipeline.run(Synchronize(node: node, file: file, dataOnly: dataOnly), context) { operation in
            .of { () throws(Errno) in
                guard let file = operation.file else { return Done() }
                if case .redacted = file.dataPath { return Done() }
                let descriptor = try self.descriptor(of: file)
                _ = try retrying { operation.dataOnly ? fdatasync(descriptor.raw) : fsync(descriptor.raw) }
                return Done()
            }
        }.get()
    }

    /// FLUSH: a descriptor of the file was closed. An error of an earlier write is told here.
    public func flush(_ file: OpenFile, lockOwner: UInt64, _ context: RequestContext) throws(Errno) {
        let operation = Close(node: file.node, isLast: false, lockOwner: lockOwner)
        _ = try Pipeline.run(operation, context) { operation in
            file.wasClosed.store(true, ordering: .releasing)
            self.locks.end(of: operation.lockOwner, on: operation.node.identity)
            return .success(Done())
        }.get()
    }

    /// LSEEK with SEEK_DATA or SEEK_HOLE. A redacted file is all data: its holes would tell where a location lay.
    public func seek(
        _ file: OpenFile, offset: UInt64, whence: Int32, _ context: RequestContext
    ) throws(Errno) -> UInt64 {
        try Pipeline.run(Seek(file: file, offset: offset, whence: whence), context) { operation in
            .of { () throws(Errno) in
                if case .redacted(let redacted) = operation.file.dataPath {
                    guard operation.offset < redacted.version.size else { throw .noSuchAddressOrDevice }
                    return operation.whence == SEEK_DATA ? operation.offset : redacted.version.size
                }
                guard let position = off_t(exactly: operation.offset) else { throw .invalidArgument }
                if case .redactedWritable = operation.file.dataPath {
                    let descriptor = try self.descriptor(of: operation.file.node)
                    let size = try FileAttributes.of(descriptor.raw).size
                    guard operation.offset < size else { throw .noSuchAddressOrDevice }
                    return operation.whence == SEEK_DATA ? operation.offset : size
                }
                let descriptor = try self.descriptor(of: operation.file)
                let result = lseek(descriptor.raw, position, operation.whence)
                guard result >= 0 else { throw Errno(rawValue: mv_errno()) }
                return UInt64(result)
            }
        }.get()
    }

    /// FALLOCATE.
    public func allocate(_ operation: Allocate, _ context: RequestContext) throws(Errno) {
        _ = try Pipeline.run(operation, context) { operation in
            .of { () throws(Errno) in
                try self.mayWrite(operation.file)
                defer { self.wrote(operation.file) }
                guard let offset = off_t(exactly: operation.offset), let length = off_t(exactly: operation.length)
                else { throw .fileTooLarge }
                let descriptor = try self.descriptor(of: operation.file)
                _ = try retrying { fallocate(descriptor.raw, operation.mode, offset, length) }
                return Done()
            }
        }.get()
    }

    /// COPY_FILE_RANGE. From a redacted source the kernel copies the redacted bytes itself: it does so on EOPNOTSUPP.
    public func copyRange(_ operation: CopyRange, _ context: RequestContext) throws(Errno) -> Int {
        try Pipeline.run(operation, context) { operation in
            .of { () throws(Errno) in
                switch operation.source.dataPath {
                case .redacted, .redactedWritable: throw .notSupportedOnSocket
                case .passthrough, .served: break
                }
                try self.mayWrite(operation.destination)
                defer { self.wrote(operation.destination) }
                guard var from = off64_t(exactly: operation.sourceOffset),
                    var to = off64_t(exactly: operation.destinationOffset)
                else { throw .invalidArgument }
                let source = try self.descriptor(of: operation.source)
                let destination = try self.descriptor(of: operation.destination)
                return try retryingLength {
                    copy_file_range(source.raw, &from, destination.raw, &to, operation.count, 0)
                }
            }
        }.get()
    }
}

extension Stack {
    /// - Throws: EBADF for a file that was opened for reading, EACCES where the right to write was lost since.
    func mayWrite(_ file: OpenFile) throws(Errno) {
        guard file.writes else { throw .badFileDescriptor }
        if case .redacted = file.dataPath { throw .badFileDescriptor }
        if file.lostWriting.load(ordering: .acquiring) { throw .permissionDenied }
    }

    /// The service changed a file's content itself.
    func wrote(_ file: OpenFile) {
        guard case .redactedWritable = file.dataPath else { return }
        file.node.existingContent?.state.withLock { $0.privateState }?.invalidate()
    }

    private func privateState(of node: Node) -> PrivateState {
        node.content.state.withLock { state in
            if let known = state.privateState { return known }
            let made = PrivateState(library.redacted)
            state.privateState = made
            return made
        }
    }
}
