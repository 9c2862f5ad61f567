import Testing

@testable import HotPath

@Suite struct RoomStateTests {
  private func read(_ text: String) -> RoomState? {
    Array(text.utf8).withUnsafeBytes { RoomState($0) }
  }

  @Test func `a state is read as the script writes it`() throws {
    let state = try #require(
      read(
        "3 2 fifo 1800000000000 1 100 50 ab12 120 1000 7 5 9 20000 1500\n121 130 400\n0 1 1 1 4"))
    #expect(state.version == 3)
    #expect(state.generation == 2)
    #expect(state.queueing == .fifo)
    #expect(state.isOpen)
    #expect(state.draw?.base == 100)
    #expect(state.draw?.count == 50)
    #expect(state.seed == "ab12")
    #expect(state.served == 120)
    #expect(state.next == 1000)
    #expect(state.waiting == 7)
    #expect(state.inside == 5)
    #expect(state.pacePerSecond == 1.5)
    #expect([121, 130, 400].map(state.position) == [1, 2, 3])
  }

  @Test func `what is no state is not taken for one`() {
    for text in ["", "\n\n", "1 2 3\n\n0", "1 1 lifo 0 1 0 - - 0 1 0 0 9 1 1\n\n0"] {
      #expect(read(text) == nil, "\(text)")
    }
  }

  @Test func `a ticket that the state has not seen yet stands behind all that wait`() throws {
    let few = try #require(
      read("1 1 fifo 0 1 0 - - 10 21 10 9 9 1000 0\n11 12 13 14 15 16 17 18 19 20\n0 10"))
    #expect(few.position(of: 21) == 11)
    #expect(few.position(of: 25) == 15)
    let none = try #require(read("1 1 fifo 0 1 0 - - 0 1 0 0 9 1000 0\n\n0 0"))
    #expect(none.position(of: 1) == 1)
    #expect(none.position(of: 300) == 300)
  }

  @Test func `further back whole blocks tell who has left`() throws {
    // 256 named one by one up to 300; the first block has 230 left, the second 100, the third is open.
    let front = (45...300).map(String.init).joined(separator: " ")
    let state = try #require(
      read("1 1 fifo 0 1 0 - - 20 600 400 9 9 1000 0\n\(front)\n0 211 100 88"))
    #expect(state.position(of: 300) == 256)
    // In a whole block never more than the block has, and never more than lie before in it.
    #expect(state.position(of: 310) == 211 + 55)
    #expect(state.position(of: 500) == 211 + 100)
    #expect(state.position(of: 599) == 311 + 88)
    #expect(state.position(of: 700) == 311 + 189)
    #expect(state.position(of: 1000) == 311 + 489)
  }
}
