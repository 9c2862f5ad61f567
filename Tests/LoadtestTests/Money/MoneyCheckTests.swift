import Domain
import Testing

@testable import spillway_loadtest

@Suite struct MoneyCheckTests {
  private func work(
    _ reference: String, _ kind: MoneyWork.Kind = .credit, amount: Int = 100
  ) -> MoneyWork {
    MoneyWork(reference: reference, kind: kind, user: "ann", tenant: 0, amount: amount)
  }

  private func id(_ number: Int) -> Identifier { Identifier(high: 7, low: UInt64(number)) }

  private func breaches(
    _ outcomes: [MoneyWork: [MoneyOutcome]], _ state: MoneyState
  ) -> Int {
    MoneyCheck(state: state, outcomes: outcomes).breaches.count
  }

  @Test func `what was done is there once, and the wallet has what follows from it`() {
    let state = MoneyState(
      transactions: ["a": [id(1)], "b": [id(2)]], balances: ["ann": 45], paid: ["ann": 30],
      refunded: ["ann": 5])
    #expect(
      breaches(
        [
          work("a"): [.unknown, .done(id(1), balance: 100), .done(id(1), balance: 100)],
          work("b", .debit, amount: 30): [.done(id(2), balance: 70)],
          work("c", .debit): [.short],
        ], state) == 0)
  }

  @Test func `what was told and is not there, or there twice, is a breach`() {
    let done = [work("a"): [MoneyOutcome.done(id(1), balance: 100)]]
    #expect(breaches(done, MoneyState(balances: ["ann": 100])) == 1)
    #expect(
      breaches(
        done, MoneyState(transactions: ["a": [id(1), id(2)]], balances: ["ann": 100])) == 1)
  }

  @Test func `two answers to one key are a breach`() {
    let told = [work("a"): [MoneyOutcome.done(id(1), balance: 100), .done(id(1), balance: 90)]]
    #expect(
      breaches(told, MoneyState(transactions: ["a": [id(1)]], balances: ["ann": 100])) == 1)
  }

  @Test func `what nobody did, and what was refused, is not there`() {
    let state = MoneyState(transactions: ["a": [id(1)]])
    #expect(breaches([:], state) == 1)
    #expect(breaches([work("a", .debit): [.short]], state) == 1)
    #expect(breaches([work("b"): [.short]], MoneyState()) == 1, "a credit is never short")
    #expect(breaches([work("b"): [.wrong("status 500")]], MoneyState()) == 1)
  }

  @Test func `a wallet with too much, too little, or something from nowhere is a breach`() {
    let done = [work("a"): [MoneyOutcome.done(id(1), balance: 100)]]
    for balances in [["ann": 99], ["ann": 101], [:], ["ann": 100, "ben": 1]] {
      let state = MoneyState(transactions: ["a": [id(1)]], balances: balances)
      #expect(breaches(done, state) == 1)
    }
  }
}
