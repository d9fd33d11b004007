import TestSupport
import Testing

/// A file with location, made by programs that are not ours.
struct Recipe: Sendable, CustomTestStringConvertible {
    let name: String
    /// Shell commands that make `$F`, in a directory of their own.
    let script: String

    var testDescription: String { name }

    /// Makes the file in `directory`.
    func make(in directory: String) throws -> String {
        let path = directory + "/" + name
        let made = try Program.output(
            ["sh", "-euc", "cd \"$1\"; F=$2\n" + Self.tools + script, "sh", directory, path], seconds: 120)
        try #require(made.status == 0, "\(name) cannot be made: \(made.errors)")
        return path
    }

    /// Pictures, movies and sounds; what must stay and what must go of their metadata.
    private static let tools = """
        picture() { convert -size 64x48 gradient:red-blue -depth 8 "$1"; }
        tag() {
            exiftool -q -q -m -overwrite_original -Make=Acme -Model=Cam1 -DateTimeOriginal="2024:05:06 07:08:09" \
                -Orientation#=1 -Artist=Somebody -XMP-dc:Title=Title -XMP-xmp:Rating=4 -IPTC:Headline=Headline \
                -IPTC:Keywords=kept -GPSLatitude=48.137154 -GPSLatitudeRef=N -GPSLongitude=11.576124 \
                -GPSLongitudeRef=E -GPSAltitude=519 -GPSAltitudeRef=0 -GPSDateStamp=2024:05:06 \
                -XMP-exif:GPSLatitude=48.137154 -XMP-exif:GPSLongitude=11.576124 -XMP-photoshop:City=Munich \
                -XMP-photoshop:Country=Germany -XMP-iptcExt:LocationShownCity=Munich \
                -XMP-iptcExt:LocationCreatedSublocation=Marienplatz -IPTC:City=Munich \
                -IPTC:Country-PrimaryLocationName=Germany "$@"
        }
        photo() { picture "$1"; convert "$1" -resize 25% small.jpg; tag "-ThumbnailImage<=small.jpg" "$1"; }
        sound() { ffmpeg -nostdin -v error -f lavfi -i sine=duration=1 "$@" "$F"; }
        movie() {
            ffmpeg -nostdin -v error -f lavfi -i testsrc=size=176x144:rate=10:duration=1 -f lavfi -i sine=duration=1 \
                "$@" "$F"
        }

        """

    static let all: [Recipe] = images + movies + sounds

    /// Files in which XMP stands as it is, once, and can be damaged.
    static let withPlainXMP: Set<String> = [
        "photo.jpg", "exif.png", "lossy.webp", "strips.tif", "animation.gif", "boxes.jp2", "pixels.jxl", "items.heic",
        "items.avif", "layers.psd", "extended.jxr", "movie.mov",
    ]

    private static let images = [
        Recipe(name: "photo.jpg", script: "photo $F"),
        Recipe(name: "progressive.jpg", script: "convert -size 64x48 plasma: -interlace plane $F; tag $F"),
        Recipe(name: "exif.png", script: "picture $F; tag $F"),
        Recipe(name: "profiles.png", script: "photo a.jpg; convert a.jpg $F"),
        Recipe(name: "lossy.webp", script: "picture $F; tag $F"),
        Recipe(name: "lossless.webp", script: "picture a.png; convert a.png -define webp:lossless=true $F; tag $F"),
        Recipe(name: "strips.tif", script: "picture $F; tag $F"),
        Recipe(name: "pages.tiff", script: "photo a.jpg; picture b.png; convert a.jpg b.png -compress zip $F; tag $F"),
        Recipe(name: "animation.gif", script: "convert -size 64x48 plasma: plasma: $F; tag $F"),
        Recipe(name: "boxes.jp2", script: "picture a.ppm; opj_compress -i a.ppm -o $F; tag $F"),
        Recipe(name: "transcoded.jxl", script: "photo a.jpg; cjxl --quiet --lossless_jpeg=1 a.jpg $F; tag $F"),
        Recipe(name: "compressed.jxl", script: "photo a.jpg; cjxl --quiet --lossless_jpeg=1 a.jpg $F"),
        Recipe(name: "pixels.jxl", script: "picture a.ppm; cjxl --quiet a.ppm $F; tag $F"),
        Recipe(name: "items.heic", script: "photo a.jpg; heif-enc -o $F a.jpg; tag $F"),
        Recipe(name: "items.avif", script: "photo a.jpg; heif-enc -A -o $F a.jpg; tag $F"),
        Recipe(name: "layers.psd", script: "picture a.png; convert a.png $F; tag $F"),
        Recipe(name: "extended.jxr", script: "picture a.bmp; JxrEncApp -i a.bmp -o $F; tag $F"),
        Recipe(name: "metadata.exv", script: "tag -o $F -overwrite_original"),
        Recipe(
            name: "lines.exr",
            script: """
                ffmpeg -nostdin -v error -f lavfi -i testsrc=size=64x48 -frames:v 1 -pix_fmt gbrpf32le a.exr
                exrstdattr -latitude 48.1 -longitude 11.5 -altitude 519 -owner Somebody \
                    -comments 'at 48.137154, 11.576124' -string IPTC:City Munich a.exr $F
                """),
        Recipe(name: "sidecar.xmp", script: "tag -o $F -overwrite_original"),
        Recipe(name: "block.mie", script: "tag -MIE-Geo:City=Munich -o $F -overwrite_original"),
    ]

    private static let movies = [
        Recipe(
            name: "movie.mp4",
            script: """
                movie -metadata location=+48.1372+011.5761/ -metadata title=Title -c:v libx264 -pix_fmt yuv420p
                exiftool -q -q -overwrite_original -Keys:GPSCoordinates#='48.1 11.5 519' -Keys:Make=Acme \
                    -UserData:GPSCoordinates#='48.1 11.5 519' -ItemList:GPSCoordinates#='48.1 11.5 519' $F
                tag $F
                """),
        Recipe(
            name: "fragments.mp4",
            script: "movie -metadata location=+48.1372+011.5761/ -movflags frag_keyframe+empty_moov -c:v libx264"),
        Recipe(
            name: "movie.mov",
            script: """
                movie -metadata com.apple.quicktime.location.ISO6709=+48.1372+011.5761+519.000/ \
                    -metadata com.apple.quicktime.make=Acme -movflags use_metadata_tags -c:v libx264
                tag $F
                """),
        Recipe(
            name: "movie.3gp", script: "movie -metadata location=+48.1372+011.5761/ -c:v mpeg4 -c:a aac"),
        Recipe(
            name: "movie.mkv",
            script: """
                photo a.jpg
                movie -metadata LOCATION=+48.1372+011.5761/ -metadata title=Title -c:v libx264 \
                    -attach a.jpg -metadata:s:t mimetype=image/jpeg
                """),
        Recipe(
            name: "movie.webm",
            script: "movie -metadata LOCATION=+48.1372+011.5761/ -metadata RECORDING_LOCATION=Munich -c:v libvpx"),
        Recipe(
            name: "movie.avi",
            script: "movie -metadata comment='at 48.137154, 11.576124' -metadata artist=Somebody -c:v mpeg4"),
        Recipe(
            name: "subtitles.mkv",
            script: """
                printf '1\\n00:00:00,000 --> 00:00:00,900\\nISO 100, GPS (8.6432, 53.1678, 18), H 6.00m\\n' >a.srt
                movie -i a.srt -map 0 -map 1 -map 2 -c:v libx264 -c:s srt
                """),
        Recipe(
            name: "movie.wmv",
            script: "movie -metadata WM/Location=Munich -metadata artist=Somebody -c:v wmv2 -c:a wmav2"),
        Recipe(
            name: "movie.flv",
            script: "movie -metadata location=+48.1372+011.5761/ -metadata artist=Somebody -c:v flv1 -ar 22050"),
        Recipe(
            name: "movie.ogv",
            script: "movie -c:v libtheora -c:a libvorbis -metadata LOCATION=Munich -metadata artist=Somebody"),
    ]

    private static let sounds = [
        Recipe(
            name: "sound.m4a",
            script: """
                sound -metadata location=+48.1372+011.5761/ -metadata artist=Somebody
                exiftool -q -q -overwrite_original -ItemList:GPSCoordinates#='48.1 11.5 519' $F
                """),
        Recipe(
            name: "sound.wav", script: "sound -metadata comment='at 48.137154, 11.576124' -metadata artist=Somebody"),
        Recipe(
            name: "sound.mp3",
            script: "sound -metadata location=+48.1372+011.5761/ -metadata comment='at 48.137154, 11.576124'"),
        Recipe(
            name: "sound.aiff",
            script: "sound -write_id3v2 1 -metadata location=+48.1372+011.5761/ -metadata artist=Somebody"),
        Recipe(
            name: "sound.flac",
            script: "sound -metadata LOCATION=Munich -metadata GEO_LOCATION='48.137154;11.576124' -metadata artist=Me"),
        Recipe(
            name: "sound.ogg",
            script: "sound -c:a libvorbis -metadata LOCATION=Munich -metadata GEO_LOCATION='48.137154;11.576124'"),
        Recipe(name: "sound.wv", script: "sound -metadata location=Munich -metadata artist=Somebody"),
        Recipe(name: "sound.opus", script: "sound -c:a libopus -metadata LOCATION=Munich -metadata artist=Somebody"),
    ]
}
