import Testing

@testable import Redaction

@Suite("Names at a glance")
struct NameFilterTests {
    private func admits(_ filter: NameFilter, _ name: String) -> Bool {
        Array(name.utf8).withUnsafeBufferPointer { filter.admits($0) }
    }

    @Test("Every name of the table is admitted, in any case and with separators, and what begins as one does")
    func table() {
        let properties = LocationProperties.namespaces.flatMap(\.names) + LocationKeys.names
        for name in properties {
            #expect(admits(LocationProperties.filter, name))
            #expect(admits(LocationProperties.filter, name.uppercased()))
        }
        for beginning in LocationProperties.namespaces.flatMap(\.beginnings) + LocationKeys.beginnings {
            #expect(admits(LocationProperties.filter, beginning))
            #expect(admits(LocationProperties.filter, beginning + "Somewhat"))
        }
        for name in ["GPSLatitude", "gps_longitude", "Location-Created", "countryCode", "RecordingLocation"] {
            #expect(LocationKeys.contains(name))
            #expect(admits(LocationProperties.filter, name))
        }
    }

    @Test("Other names are not") func others() {
        for name in [
            "", "Rating", "Description", "li", "subject", "format", "Cit", "gp", String(repeating: "x", count: 999),
        ] {
            #expect(!admits(LocationProperties.filter, name))
        }
    }
}
