import CExpat
import Glibc

/// What all XML parsers of one thread may hold together: expat keeps the names it has seen and tags that are not at their
/// end, however many and long they are. Beyond the bound it gets no more, and the document counts as not well-formed.
enum ExpatMemory {
    private static let limit = 2 << 20
    /// In front of each block stands how long it is.
    private static let header = 16

    /// Where each thread's sum is kept, as the pointer itself.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    private static var held: Int { Int(bitPattern: pthread_getspecific(key)) }

    private static func count(_ bytes: Int) {
        pthread_setspecific(key, UnsafeRawPointer(bitPattern: max(0, held + bytes)))
    }

    private static func allocate(_ old: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
        let before = old.map { ($0 - header).load(as: Int.self) } ?? 0
        guard size <= limit, held - before + size <= limit,
            let block = realloc(old.map { $0 - header }, size + header)
        else { return nil }
        block.storeBytes(of: size, as: Int.self)
        count(size - before)
        return block + header
    }

    private static func release(_ block: UnsafeMutableRawPointer?) {
        guard let block else { return }
        count(-(block - header).load(as: Int.self))
        free(block - header)
    }

    /// A parser that reports names as they stand in the document.
    static func parser(_ encoding: String?) -> XML_Parser? {
        var suite = XML_Memory_Handling_Suite(
            malloc_fcn: { ExpatMemory.allocate(nil, $0) }, realloc_fcn: { ExpatMemory.allocate($0, $1) },
            free_fcn: { ExpatMemory.release($0) })
        return XML_ParserCreate_MM(encoding, &suite, nil)
    }
}
