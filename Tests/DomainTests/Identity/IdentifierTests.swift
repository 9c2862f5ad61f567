import Domain
import Foundation
import TestSupport
import Testing

@Suite struct IdentifierTests {
  @Test func `the example of RFC 9562 comes out`() {
    // Appendix A.6: 2022-02-22T19:22:22.00Z.
    let identifier = Identifier(
      at: Instant(milliseconds: 0x017F_22E2_79B0), counter: 0xCC3, random: 0x18C4_DC0C_0C07_398F)
    #expect("\(identifier)" == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    #expect(identifier.version == 7)
    #expect(identifier.time == Instant("2022-02-22T19:22:22Z"))
  }

  @Test func `text and bytes read back`() {
    var random = SeededGenerator()
    for _ in 0..<1000 {
      let identifier = Identifier(high: random.next(), low: random.next())
      #expect(Identifier(identifier.description) == identifier, "seed \(random.seed)")
      #expect(Identifier(identifier.description.uppercased()) == identifier, "seed \(random.seed)")
      #expect(
        identifier.binary.withUnsafeBytes { Identifier(binary: $0) } == identifier,
        "seed \(random.seed)")
      #expect(UUID(uuidString: identifier.description) != nil)
    }
  }

  @Test(arguments: [
    "", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
    "017f22e279b0-7cc3-98c4-dc0c0c07398f-", "g17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    "017f22e2-79b0-7cc3-98c4-dc0c0c07398 ", "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
    "017f22e2_79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c0739é",
  ])
  func `other text is refused`(text: String) {
    #expect(Identifier(text) == nil)
  }

  @Test func `generated identifiers rise though the clock stands or steps back`() {
    var generator = IdentifierGenerator(random: SeededGenerator(seed: 7))
    var previous = Identifier(high: 0, low: 0)
    let start: Int64 = 1_800_000_000_000
    for step in 0..<20_000 {
      let back = step % 1000 == 999 ? Int64(50) : 0
      let next = generator.next(at: Instant(milliseconds: start + Int64(step / 10_000) - back))
      #expect(next > previous)
      #expect(next.version == 7)
      previous = next
    }
  }

  @Test func `it is a string in JSON`() throws {
    let identifier = try #require(Identifier("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
    let data = try JSONEncoder().encode([identifier])
    #expect(String(decoding: data, as: UTF8.self) == "[\"\(identifier)\"]")
    #expect(try JSONDecoder().decode([Identifier].self, from: data) == [identifier])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Identifier].self, from: Data("[\"x\"]".utf8))
    }
  }
}
