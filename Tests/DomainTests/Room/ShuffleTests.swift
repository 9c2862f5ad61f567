import Domain
import TestSupport
import Testing

@Suite struct ShuffleTests {
  private let seed = ShuffleSeed(bytes: 0..<32)!

  /// Computed by an implementation in another language from the words of `docs/waiting-room.md`.
  @Test func `a known seed gives the known order`() {
    #expect(Shuffle.order(of: 10, seed: seed) == [7, 2, 0, 6, 3, 8, 5, 9, 4, 1])
    let order = Shuffle.order(of: 1000, seed: seed)
    #expect(order.prefix(8) == [995, 455, 261, 973, 807, 551, 443, 463])
    let bytes = order.flatMap { number in
      stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }
    #expect(
      SHA256.hexadecimal(SHA256.digest(bytes))
        == "415f19f47a7c9a5970402f07a9d07d83aef13a20ae0ad5b485249d170c678603")
  }

  @Test func `the commitment is the seed's digest`() {
    #expect(
      seed.commitment == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd")
    #expect(ShuffleSeed(hexadecimal: seed.hexadecimal) == seed)
    #expect(ShuffleSeed(hexadecimal: seed.hexadecimal.uppercased()) == seed)
    for bad in ["", "00", seed.hexadecimal + "0", String(repeating: "g", count: 64)] {
      #expect(ShuffleSeed(hexadecimal: bad) == nil, "\(bad)")
    }
    #expect(ShuffleSeed(bytes: 0..<31) == nil)
  }

  @Test func `nobody is lost and nobody is drawn twice`() {
    var random = SeededGenerator()
    for count in [0, 1, 2, 3, 100, Int.random(in: 1...5000, using: &random)] {
      let seed = ShuffleSeed(bytes: (0..<32).map { _ in .random(in: 0...255, using: &random) })!
      let order = Shuffle.order(of: count, seed: seed)
      #expect(order.sorted() == (0..<UInt32(count)).map { $0 })
      let places = Shuffle.places(of: count, seed: seed)
      #expect(order.enumerated().allSatisfy { places[Int($1)] == $0 })
    }
  }

  /// Pearson's chi-squared test over where the first visitor lands, with a fixed seed of seeds.
  @Test func `every place is as likely as any other`() {
    var random = SeededGenerator(seed: 7)
    let draws = 20_000
    var landed = [Double](repeating: 0, count: 6)
    for _ in 0..<draws {
      let seed = ShuffleSeed(bytes: (0..<32).map { _ in .random(in: 0...255, using: &random) })!
      landed[Int(Shuffle.places(of: 6, seed: seed)[0])] += 1
    }
    let expected = Double(draws) / 6
    let sum = landed.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
    // Five degrees of freedom: above this in one of 10,000 fair draws.
    #expect(sum < 25.74, "\(landed)")
  }
}
