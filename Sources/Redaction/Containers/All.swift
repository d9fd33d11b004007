/// Every container that is known, in the order in which content is tried: the strictest signatures first.
enum Containers {
    static let all: [any Container.Type] = images + boxesAndStreams + text

    /// Images and raw files.
    private static let images: [any Container.Type] = [
        JPEG.self,
        EXV.self,
        PNG.self,
        WebP.self,
        GIF.self,
        TIFF.self,
        RAF.self,
        MRW.self,
        X3F.self,
        CRW.self,
        PSD.self,
        JPEG2000.self,
        OpenEXR.self,
    ]

    /// ISO-BMFF, EBML, RIFF, MPEG and audio.
    private static let boxesAndStreams: [any Container.Type] = [
        JPEGXL.self,
        ISOMedia.self,
        Matroska.self,
        RIFF.self,
        AIFF.self,
        ASF.self,
        FLV.self,
        MIE.self,
        ID3.self,
        FLAC.self,
        Ogg.self,
        TransportStream.self,
        TaggedAudio.self,
    ]

    /// Text, told last because it has no signature.
    private static let text: [any Container.Type] = [
        XMLFile.self,
        JSONFile.self,
        NMEA.self,
        SubtitleFile.self,
    ]
}
