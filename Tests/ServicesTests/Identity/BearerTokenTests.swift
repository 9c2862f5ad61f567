import Services
import Testing

@Suite struct BearerTokenTests {
  @Test(
    arguments: [
      ("Bearer a.b.c", "a.b.c"), ("bearer a", "a"), ("BEARER   a", "a"), ("Bearer a b", "a b"),
      ("Bearer", nil), ("Bearer ", nil), ("Bearer   ", nil), ("Basic a", nil), ("", nil),
      ("Bearera", nil), ("Bearer\ta", nil), (" Bearer a", nil), ("a.b.c", nil),
    ] as [(String, String?)])
  func `the token stands behind its scheme`(header: String, expected: String?) {
    let found = Array(header.utf8).withUnsafeBytes { header in
      BearerToken.find(in: header).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(found == expected)
  }
}
