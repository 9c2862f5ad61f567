import EventLoop
import Postgres
import Telemetry
import TestSupport
import Testing

@testable import Services

@Suite struct LedgerPathTests {
  /// A number to be decided; what it was told is kept.
  private final class Wish: LedgerOperation {
    let number: Int
    var isWaiting = true
    var decision: Int?
    var failure: LedgerPathFailure?

    init(_ number: Int) { self.number = number }

    func decided(_ decision: Int) { self.decision = decision }
    func failed(_ reason: LedgerPathFailure) { failure = reason }

    var isTold: Bool { decision != nil || failure != nil }
  }

  private static func error(_ state: String) -> PostgresError {
    .server(sqlState: state, message: "no", detail: nil, constraint: nil)
  }

  /// Sends numbers through a path whose ledger says `refuse`, and returns them told.
  private func decide(
    _ numbers: [Int], limits: (batch: Int, waiting: Int) = (16, 100),
    abandoned: Set<Int> = [],
    refuse: @escaping @Sendable ([Int]) -> PostgresError? = { _ in nil }
  ) async throws -> (told: [(decision: Int?, failure: LedgerPathFailure?)], sets: [[Int]]) {
    let told = try await withEventLoop { loop in
      var sets: [[Int]] = []
      let path = LedgerPath<Wish>(
        loop: loop,
        limits: .init(
          maximumBatch: limits.batch, maximumWaiting: limits.waiting, maximumInFlight: 2),
        batchSizes: nil, logger: Logger(label: "test", sink: .none)
      ) { wishes throws(PostgresError) in
        sets.append(wishes.map(\.number))
        await loop.sleep(for: .milliseconds(1))
        if let error = refuse(wishes.map(\.number)) { throw error }
        return wishes.map { $0.number * 10 }
      }
      let wishes = numbers.map(Wish.init)
      for wish in wishes {
        wish.isWaiting = !abandoned.contains(wish.number)
        path.submit(wish)
      }
      while !wishes.allSatisfy(\.isTold) { await loop.sleep(for: .milliseconds(1)) }
      return LoopConfined((wishes.map { ($0.decision, $0.failure) }, sets))
    }
    return (told.value.0, told.value.1)
  }

  @Test func `what gathers is decided together, each by itself`() async throws {
    let (told, sets) = try await decide(Array(1...40))
    #expect(told.map(\.decision) == (1...40).map { $0 * 10 })
    #expect(sets.flatMap { $0 }.sorted() == Array(1...40))
    #expect(sets.count == 3)
  }

  @Test func `one that the server cannot take fails alone`() async throws {
    for state in ["23514", "22003", "P0001", "40P01"] {
      let (told, _) = try await decide(Array(1...16)) {
        $0.contains(5) ? Self.error(state) : nil
      }
      for (number, answer) in zip(1...16, told) {
        #expect(answer.decision == (number == 5 ? nil : number * 10))
        #expect(answer.failure == (number == 5 ? .unavailable : nil))
      }
    }
  }

  @Test func `a server that is not there is asked once a set`() async throws {
    for error in [
      PostgresError.connection(message: "gone", mayHaveRun: true), .timedOut, Self.error("57P01"),
    ] {
      let (told, sets) = try await decide(Array(1...16)) { _ in error }
      #expect(told.allSatisfy { $0.failure == .unavailable })
      #expect(sets.count == 1)
    }
  }

  @Test func `beyond the bound the next are shed at once`() async throws {
    let (told, _) = try await decide(Array(1...30), limits: (4, 20))
    #expect(told.count { $0.failure == .shed } == 10)
    #expect(told.prefix(20).allSatisfy { $0.decision != nil })
  }

  @Test func `what nobody waits for is not sent`() async throws {
    let (told, sets) = try await decide([1, 2, 3], abandoned: [2])
    #expect(sets == [[1, 3]])
    #expect(told[1].failure == .abandoned)
  }
}
