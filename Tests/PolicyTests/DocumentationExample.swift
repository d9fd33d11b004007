// The example of Sources/Policy/Policy.docc: DocumentationTests holds the two together.
import Policy

/// What the gallery may do with a photo of the camera.
func whatTheGalleryMayDo(now: UInt64) throws -> Decision {
    let snapshot = try PolicySnapshot(
        serial: 1,
        apps: [
            App(name: "org.gallery", uids: [1001]),
            App(name: "org.camera", uids: [1002]),
        ],
        grants: [
            Grant(app: "org.gallery", permission: .readImages),
            Grant(app: "org.gallery", permission: .location, under: "DCIM/Holidays", expires: now + 7_200),
        ],
        folders: [FolderRule(pattern: "Android/data/{app}", kind: .private)],
        callers: CallerRules(unknown: .deny))

    let gallery = snapshot.principal(uid: 1001)

    // A place is found once and may be kept as long as the snapshot is the same.
    let place = snapshot.place(of: "DCIM/Holidays/beach.jpg")
    let photo = Subject.file(Collection(name: "beach.jpg".utf8))
    return snapshot.decide(gallery, place, photo, isOwner: false, now: now)
}
