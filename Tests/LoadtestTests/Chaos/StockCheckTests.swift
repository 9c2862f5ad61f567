import Domain
import Testing

@testable import spillway_loadtest

@Suite struct StockCheckTests {
  private func work(_ reference: String, _ change: Int = 5) -> StockWork {
    StockWork(
      reference: reference, kind: change > 0 ? .receipt : .correction, sku: "A", tenant: 0,
      change: change)
  }

  private func id(_ number: Int) -> Identifier { Identifier(high: 7, low: UInt64(number)) }

  private func row(
    _ number: Int, _ wanted: Int = 5, moved: Int? = 5, kind: String? = nil
  ) -> RecordedMovement {
    RecordedMovement(
      movement: id(number), kind: kind ?? (wanted > 0 ? "receipt" : "correction"), sku: "A",
      wanted: wanted, moved: moved)
  }

  private func breaches(
    _ outcomes: [StockWork: [StockOutcome]], _ movements: [String: [RecordedMovement]],
    _ level: StockLevel, redis: StockLevel? = nil
  ) -> Int {
    StockCheck(
      state: StockState(
        movements: movements, levels: ["A": level], levelsInRedis: ["A": redis ?? level]),
      outcomes: outcomes, pieces: ["A": 10]
    ).breaches.count
  }

  private let untouched = StockLevel(received: 10, taken: 10)
  private let received = StockLevel(received: 15, taken: 10)

  @Test func `what was done is there once, and the account has what follows from it`() {
    #expect(
      breaches(
        [
          work("a"): [.unknown, .done(id(1), moved: 5), .done(id(1), moved: 5)],
          work("b", -9): [.done(id(2), moved: nil), .done(id(2), moved: 5)],
        ], ["a": [row(1)], "b": [row(2, -9, moved: 5)]], StockLevel(received: 15, taken: 15)) == 0)
  }

  @Test func `what was told and is not there, or there twice, is a breach`() {
    let told = [work("a"): [StockOutcome.done(id(1), moved: 5)]]
    #expect(breaches(told, [:], untouched) == 1)
    #expect(
      breaches(told, ["a": [row(1), row(2)]], StockLevel(received: 20, taken: 10)) == 1)
    #expect(breaches(told, ["a": [row(2)]], received) == 1, "another movement")
  }

  @Test func `what is there otherwise than it was asked for is a breach`() {
    let told = [work("a"): [StockOutcome.done(id(1), moved: 5)]]
    #expect(breaches(told, ["a": [row(1, kind: "correction")]], received) == 1)
    #expect(
      breaches(told, ["a": [row(1, 6, moved: 6)]], StockLevel(received: 16, taken: 10)) == 2)
    #expect(
      breaches(
        [work("b", -9): [.done(id(1), moved: 4)]], ["b": [row(1, -9, moved: 3)]],
        StockLevel(received: 10, taken: 13)) == 1, "another number of pieces")
  }

  @Test func `what nobody did, and an account that says something else, is a breach`() {
    #expect(breaches([:], ["a": [row(1)]], received) == 1)
    #expect(breaches([:], [:], received) == 1)
    #expect(breaches([:], [:], untouched, redis: received) == 1)
    #expect(breaches([work("a"): [.wrong("status 500")]], [:], untouched) == 1)
  }
}
