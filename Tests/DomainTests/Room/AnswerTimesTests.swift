import TestSupport
import Testing

@testable import Domain

@Suite struct AnswerTimesTests {
  @Test func `a percentile is at most a fifth too high`() {
    var random = SeededGenerator()
    for _ in 0..<50 {
      let count = Int.random(in: 1...500, using: &random)
      let values = (0..<count).map { _ in Double.random(in: 0.3...5000, using: &random) }
      var times = AnswerTimes()
      for value in values { times.add(milliseconds: value, isFailure: false) }
      let exact = values.sorted()[(count * 95 + 99) / 100 - 1]
      #expect(times.percentile95 >= exact && times.percentile95 <= exact * 1.2)
    }
    #expect(AnswerTimes().percentile95 == 0)
  }

  @Test func `bounds belong to their buckets`() {
    for index in 0..<AnswerTimes.bucketCount - 1 {
      #expect(AnswerTimes.bucket(of: AnswerTimes.bound(index)) == index)
      #expect(AnswerTimes.bucket(of: AnswerTimes.bound(index) * 1.0001) == index + 1)
    }
    #expect(AnswerTimes.bucket(of: 0) == 0)
    #expect(AnswerTimes.bucket(of: 1e9) == AnswerTimes.bucketCount - 1)
  }

  @Test func `nodes' counts add up, also through their text`() throws {
    var (one, two) = (AnswerTimes(), AnswerTimes())
    for _ in 0..<90 { one.add(milliseconds: 1, isFailure: false) }
    for _ in 0..<10 { two.add(milliseconds: 700, isFailure: true) }
    var sum = try #require(AnswerTimes(one.description))
    #expect(sum == one)
    sum.merge(try #require(AnswerTimes("\(two)")))
    #expect(sum.load.answers == 100 && sum.load.failures == 10)
    #expect(sum.percentile95 > 700 && sum.percentile95 < 850)
    #expect(AnswerTimes("\(AnswerTimes())") == AnswerTimes())
    for bad in ["", "0", "x 1:1", "0 64:1", "0 1:-1", "2 1:1", "0 1", "-1 1:1"] {
      #expect(AnswerTimes(bad) == nil, "\(bad)")
    }
  }
}
