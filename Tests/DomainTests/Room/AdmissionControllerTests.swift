import TestSupport
import Testing

@testable import Domain

@Suite struct AdmissionControllerTests {
  private typealias Reading = AdmissionController.Reading

  private let limits = AdmissionController.Limits(rates: 10...110, latency: 200, failures: 0.02)

  private func reading(
    _ latency: Double, failures: Int = 0, admitted: Int = 1000, freePlaces: Int = 100
  ) -> Reading {
    Reading(
      load: .init(answers: 1000, failures: failures, percentile95: latency),
      freePlaces: freePlaces, admitted: admitted)
  }

  @Test func `it begins with the highest rate and stays there while all is well`() {
    var controller = AdmissionController(limits: limits)
    for _ in 0..<100 { #expect(controller.take(reading(20)) == nil) }
    #expect(controller.rate == 110)
  }

  @Test func `one slow second changes nothing, a second one lowers the rate`() {
    var controller = AdmissionController(limits: limits)
    #expect(controller.take(reading(500)) == nil)
    #expect(controller.take(reading(20)) == nil)
    #expect(controller.take(reading(500)) == nil)
    let change = controller.take(reading(450))
    #expect(change == .init(from: 110, to: 77, reason: .slow(percentile95: 450)))
    #expect(controller.rate == 77)
  }

  @Test func `after a fall it waits for the effect`() {
    var controller = AdmissionController(limits: limits)
    _ = controller.take(reading(500))
    #expect(controller.take(reading(500)) != nil)
    for _ in 0..<4 { #expect(controller.take(reading(500)) == nil) }
    #expect(controller.take(reading(500))?.to == 53)
  }

  @Test func `failures lower the rate, however fast they are`() {
    var controller = AdmissionController(limits: limits)
    _ = controller.take(reading(5, failures: 30))
    let change = controller.take(reading(5, failures: 30))
    #expect(change?.reason == .failing(share: 0.03))
    #expect("\(change!.reason)" == "answers fail: 3.0 %")
  }

  @Test func `it rises step by step when three seconds were calm`() {
    var controller = fallen()
    #expect(controller.take(reading(20)) == nil)
    #expect(controller.take(reading(20)) == nil)
    let change = controller.take(reading(21))
    #expect(change == .init(from: 77, to: 82, reason: .calm(percentile95: 21)))
    #expect(controller.take(reading(20)) == nil)
    for _ in 0..<30 { _ = controller.take(reading(20)) }
    #expect(controller.rate == 110)
  }

  @Test func `between the marks it does nothing`() {
    var controller = fallen()
    for _ in 0..<100 { #expect(controller.take(reading(180)) == nil) }
  }

  @Test func `it does not rise while something else limits admission`() {
    var controller = fallen()
    for _ in 0..<20 { #expect(controller.take(reading(20, freePlaces: 0)) == nil) }
    for _ in 0..<20 { #expect(controller.take(reading(20, admitted: 50)) == nil) }
    for _ in 0..<20 {
      let silent = Reading(load: nil, freePlaces: 100, admitted: 1000)
      #expect(controller.take(silent) == nil)
    }
    #expect(controller.rate == 77)
  }

  @Test func `a shop with hardly any visitors gets more`() {
    var controller = fallen()
    let slowButFew = Reading(
      load: .init(answers: 3, failures: 3, percentile95: 9000), freePlaces: 5, admitted: 80)
    _ = controller.take(slowButFew)
    _ = controller.take(slowButFew)
    #expect(controller.take(slowButFew)?.to == 82)
  }

  @Test func `other limits hold at once`() {
    var controller = AdmissionController(limits: limits)
    let lower = AdmissionController.Limits(rates: 1...50, latency: 200, failures: 0.02)
    #expect(controller.set(lower) == .init(from: 110, to: 50, reason: .limits))
    let higher = AdmissionController.Limits(rates: 60...90, latency: 200, failures: 0.02)
    #expect(controller.set(higher) == .init(from: 50, to: 60, reason: .limits))
    #expect(controller.set(higher) == nil)
  }

  /// Past the time in which it settles after a fall to 77.
  private func fallen() -> AdmissionController {
    var controller = AdmissionController(limits: limits)
    _ = controller.take(reading(500))
    _ = controller.take(reading(500))
    for _ in 0..<5 { _ = controller.take(reading(180)) }
    return controller
  }

  @Test func `random readings never lead outside of the limits or the wrong way`() {
    var random = SeededGenerator()
    var limits = limits
    var controller = AdmissionController(limits: limits)
    for step in 0..<100_000 {
      let old = controller.rate
      if Int.random(in: 0..<500, using: &random) == 0 {
        let lowest = Int.random(in: 1...200, using: &random)
        limits.rates = lowest...(lowest + Int.random(in: 0...300, using: &random))
        let change = controller.set(limits)
        #expect((change == nil) == limits.rates.contains(old), "step \(step)")
      } else {
        let reading = Self.reading(at: old, &random)
        let change = controller.take(reading)
        #expect(change.map(\.from) ?? old == old)
        #expect(change.map(\.to) ?? old == controller.rate)
        check(change, reading, limits, step)
      }
      #expect(limits.rates.contains(controller.rate), "step \(step)")
    }
  }

  private static func reading(at rate: Int, _ random: inout SeededGenerator) -> Reading {
    let answers = Int.random(in: 0...200, using: &random)
    let load = Reading.Load(
      answers: answers, failures: Int.random(in: 0...max(0, answers / 20), using: &random),
      percentile95: Double.random(in: 1...400, using: &random))
    return Reading(
      load: Int.random(in: 0..<10, using: &random) == 0 ? nil : load,
      freePlaces: Int.random(in: 0...5, using: &random),
      admitted: Int.random(in: 0...rate, using: &random))
  }

  private func check(
    _ change: AdmissionController.Change?, _ reading: Reading,
    _ limits: AdmissionController.Limits, _ step: Int
  ) {
    guard let change, let load = reading.load else {
      #expect(change == nil, "step \(step)")
      return
    }
    let isBearable = load.percentile95 <= limits.latency && load.failureShare <= limits.failures
    if change.to < change.from { #expect(!isBearable, "step \(step)") }
    if change.to > change.from {
      #expect(isBearable || load.answers < 20, "step \(step)")
      #expect(reading.freePlaces > 0, "step \(step)")
    }
  }

  /// A shop that bears so many visitors a second, and beyond them answers ever more slowly.
  @Test(arguments: [25, 60, 95]) func `it settles near what the shop bears`(bearable: Int) {
    var random = SeededGenerator()
    var controller = AdmissionController(limits: limits)
    var backlog = 0.0
    var rates: [Int] = []
    for second in 0..<1200 {
      backlog = max(0, backlog + Double(controller.rate - bearable))
      let latency = 40 + 1000 * backlog / Double(bearable) + .random(in: 0...40, using: &random)
      _ = controller.take(reading(latency, admitted: controller.rate))
      if second >= 300 { rates.append(controller.rate) }
    }
    let mean = Double(rates.reduce(0, +)) / Double(rates.count)
    #expect(mean > Double(bearable) * 0.6 && mean <= Double(bearable) * 1.05, "\(mean)")
    let changes = zip(rates, rates.dropFirst()).count { $0 != $1 }
    // One change in three seconds is as often as it can be.
    #expect(changes <= rates.count / 3, "\(changes)")
  }
}
