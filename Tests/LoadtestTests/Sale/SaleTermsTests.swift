import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct SaleTermsTests {
  private func arguments(_ words: [String], _ options: [CommandArguments.Option]) throws
    -> CommandArguments
  {
    try CommandArguments(
      ["--url", "http://x", "--data", "d"] + words, options: LoadOptions.options + options)
  }

  private func terms(_ words: String..., shoppers: Int, users: Int) throws -> SaleTerms {
    try SaleTerms(
      arguments(words, SaleTerms.options + TokenOptions.options), shoppers: shoppers, users: users,
      cancelPercent: 30, think: 0)
  }

  @Test func `habits are spread as asked, and independent of each other`() throws {
    let terms = try terms("--abandon", "40", "--repeats", "10", shoppers: 10_000, users: 10_000)
    let abandoning = (0..<10_000).filter(terms.abandons)
    #expect(abandoning.count == 4000)
    #expect((0..<10_000).count(where: terms.repeats) == 1000)
    let cancelling = abandoning.count(where: terms.cancels)
    #expect((1000...1400).contains(cancelling))
  }

  @Test func `turns hold all shoppers, and pieces all that there are`() throws {
    var generator = SeededGenerator()
    for _ in 0..<200 {
      let users = Int.random(in: 1...5000, using: &generator)
      let shoppers = Int.random(in: users...users * 20, using: &generator)
      let skus = Int.random(in: 1...50, using: &generator)
      let pieces = Int.random(in: skus...100_000, using: &generator)
      let terms = try terms(
        "--skus", "\(skus)", "--quantity", "\(pieces)", shoppers: shoppers, users: users)
      let sizes = (0..<terms.turns).map(terms.shoppers(ofTurn:))
      #expect(sizes.reduce(0, +) == shoppers && sizes.allSatisfy { (1...users).contains($0) })
      #expect(terms.spread.reduce(0, +) == pieces && terms.spread.max()! - terms.spread.min()! <= 1)
    }
  }

  @Test func `a soak takes its share of the top rate`() throws {
    func soak(_ words: String...) throws -> SoakScenario {
      let arguments = try arguments(words, SoakScenario.options)
      return try SoakScenario(arguments: arguments, load: LoadOptions(arguments))
    }
    #expect(try soak("--top-rate", "1000", "--seconds", "30").requestCount == 18_000)
    let other = try soak("--top-rate", "1000", "--share", "25", "--seconds", "30")
    #expect(other.requestCount == 7_500)
    #expect(try soak("--rate", "100", "--seconds", "30").requestCount == 3_000)
    #expect(throws: UsageError.self) { try soak("--seconds", "30") }
    #expect(throws: UsageError.self) { try soak("--rate", "5", "--closed", "3") }
    let bounds = try soak("--rate", "5", "--bound-memory", "20", "--bound-lag", "90").trends
    #expect(bounds.memory?.share == 0.2 && bounds.lag?.slack == 90)
  }

  @Test func `a mixed sale is a burst unless told otherwise`() throws {
    func mixed(_ words: String...) throws -> MixedScenario {
      let arguments = try arguments(words, MixedScenario.options)
      return try MixedScenario(arguments: arguments, load: LoadOptions(arguments))
    }
    #expect(try mixed("--users", "300").requestCount == 300)
    #expect(throws: UsageError.self) { try mixed("--quantity", "3") }
    #expect(throws: UsageError.self) { try mixed("--capacity", "0") }
  }

  @Test func `stock that lacks something is none`() {
    func isStock(_ text: String) -> Bool {
      Array(text.utf8).withUnsafeBytes { StockLevelAnswer(of: $0).isStock }
    }
    let stock = #""available":3,"reserved":0,"sold":2,"as_of":"2026-01-01T00:00:00.000Z""#
    #expect(isStock(#"{"data":{\#(stock)},"request_id":"r"}"#))
    #expect(!isStock(#"{"data":{\#(stock)}}"#))
    #expect(!isStock(#"{"data":{"available":-1,"reserved":0,"sold":2},"request_id":"r"}"#))
  }
}
