/// Every container that is known, in the order in which content is tried: the strictest signatures first.
enum Containers {
    static let all: [any Container.Type] = [
        // Images.
        JPEG.self

        // Boxes, EBML, RIFF, MPEG and audio.

        // Text, told last because it has no signature.
    ]
}
