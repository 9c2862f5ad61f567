import Domain
import TestSupport
import Testing

@Suite struct RequestDigestTests {
  @Test func `a digest is read as it is written`() {
    var random = SeededGenerator()
    for _ in 0..<500 {
      let digest = RequestDigest(high: random.next(), low: random.next())
      #expect(digest.description.utf8.count == RequestDigest.textCount)
      Array(digest.description.utf8).withUnsafeBytes {
        #expect(RequestDigest(text: $0) == digest)
      }
    }
    #expect(RequestDigest(high: 0xA, low: 1).description == "000000000000000a0000000000000001")
  }

  @Test(arguments: [
    "", "0", "00000000000000000000000000000000f", "0000000000000000000000000000000G",
  ])
  func `what is no digest is refused`(text: String) {
    Array(text.utf8).withUnsafeBytes { #expect(RequestDigest(text: $0) == nil) }
  }
}
