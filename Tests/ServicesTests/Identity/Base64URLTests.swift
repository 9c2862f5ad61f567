import Foundation
import TestSupport
import Testing

@testable import Services

@Suite struct Base64URLTests {
  @Test func `every length agrees with Foundation and reads back`() {
    var random = SeededGenerator()
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
      let text = Base64URL.encode(bytes)
      let expected = Data(bytes).base64EncodedString()
        .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        .replacingOccurrences(of: "=", with: "")
      #expect(text == expected, "seed \(random.seed)")
      #expect(Base64URL.decode(text) == bytes, "seed \(random.seed)")
    }
  }

  @Test(arguments: ["A", "AAAAA", "AA=", "AA==", "+/AA", "A A", "AA\n", "AB", "AAB", "é", "A\u{0}"])
  func `padding, other alphabets and spare bits are refused`(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test func `every character outside of the alphabet is refused at every place`() {
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    for byte in UInt8.min ... .max where !alphabet.contains(byte) {
      for place in 0..<7 {
        var text = Array("AAAAAAA".utf8)
        text[place] = byte
        var target = [UInt8](repeating: 0, count: 8)
        let count = text.withUnsafeBytes { Base64URL.decode($0, into: &target) }
        #expect(count == nil)
      }
    }
  }
}
