/// A named right that an app can be granted.
public enum Permission: String, Sendable, Hashable, CaseIterable, Codable {
    case readImages = "media.read.images"
    case readVideo = "media.read.video"
    case readAudio = "media.read.audio"
    case readFiles = "media.read.files"
    case writeImages = "media.write.images"
    case writeVideo = "media.write.video"
    case writeAudio = "media.write.audio"
    case writeFiles = "media.write.files"
    /// The original variant of what may be read.
    case location = "media.location"
    /// Every read, write and location, except in other apps' private folders.
    case manage = "media.manage"
    /// Seeing and reading other apps' private folders.
    case hidden = "media.hidden"

    /// The bit that stands for this permission in ``Rights``.
    var rights: Rights { Rights(rawValue: 1 << UInt16(Permission.allCases.firstIndex(of: self) ?? 15)) }
}

/// A set of permissions, in the form in which a decision uses it.
struct Rights: OptionSet, Sendable, Hashable {
    let rawValue: UInt16

    static func read(_ collection: Collection) -> Rights { Rights(rawValue: 1 << UInt16(collection.rawValue)) }
    static func write(_ collection: Collection) -> Rights { Rights(rawValue: 1 << UInt16(collection.rawValue + 4)) }
    static let anyWrite = Rights(rawValue: 0b1111_0000)
    /// What an app has in its own folder: reading and writing every collection.
    static let ownFolder = Rights(rawValue: 0b1111_1111)
    static let location = Permission.location.rights
    static let manage = Permission.manage.rights
    static let hidden = Permission.hidden.rights
}

/// What kind of media a file is, told by its name's extension alone: who may list a file must not depend on reading it.
public enum Collection: UInt8, Sendable, Hashable, CaseIterable {
    case images = 0
    case video
    case audio
    case files

    /// The collection of a file's name; no extension or an unknown one is ``files``.
    @inlinable
    public init(name: some Sequence<UInt8>) {
        var ending: UInt64 = 0
        var length = 0
        var hasDot = false
        for byte in name {
            if byte == UInt8(ascii: ".") {
                hasDot = true
                ending = 0
                length = 0
            } else {
                ending = ending << 8 | UInt64(byte | (byte >= 0x41 && byte <= 0x5a ? 0x20 : 0))
                length += 1
            }
        }
        // No extension of the table is longer than what the number holds.
        self = hasDot && length <= 8 ? Collection(packedExtension: ending) : .files
    }

    /// The collection of an extension in small letters, packed into a number: its last byte is the lowest.
    @usableFromInline
    init(packedExtension: UInt64) { self = Collection.byExtension[packedExtension] ?? .files }

    private static let byExtension: [UInt64: Collection] = {
        let table: [(Collection, String)] = [
            (
                .images,
                "jpg jpeg jpe jfif png apng gif webp heic heif heics hif avif avifs jxl jp2 j2k jpf jpx jxr wdp hdp tif "
                    + "tiff dng cr2 cr3 crw nef nrw arw srf sr2 rw2 raw orf pef srw raf gpr 3fr erf mrw x3f bmp psd psb "
                    + "svg ico mpo insp xmp"
            ),
            (
                .video,
                "mp4 m4v mov qt 3gp 3gpp 3g2 3gpp2 mkv webm avi mts m2ts ts mpg mpeg mpe vob wmv asf flv ogv lrv insv "
                    + "360 divx"
            ),
            (.audio, "mp3 m4a m4b aac flac ogg oga opus wav wave wma aif aiff amr awb mid midi mka ape caf 3ga"),
        ]
        var result: [UInt64: Collection] = [:]
        for (collection, names) in table {
            for name in names.split(separator: " ") {
                result[name.utf8.reduce(0) { $0 << 8 | UInt64($1) }] = collection
            }
        }
        return result
    }()
}
