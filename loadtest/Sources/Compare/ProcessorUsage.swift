/// CPU time of a contender's parts, of the generator and of the whole machine up to one moment.
struct ProcessorUsage {
  /// The part that is no part of the contender.
  static let generator = "generator"

  private let time: ContinuousClock.Instant
  private let seconds: [String: Double]
  private let machine: ProcessorTime.Machine?

  /// - Parameter generator: the process of the generator.
  init(of contender: any Contender, generator: Int32) {
    var seconds = contender.processorSeconds()
    seconds[Self.generator] = ProcessorTime.ofProcess(generator)
    self.seconds = seconds
    machine = ProcessorTime.ofMachine()
    time = .now
  }

  /// What was used in a second: CPU seconds by part, and processors at work.
  func since(_ earlier: ProcessorUsage) -> (parts: [String: Double], busyCores: Double?) {
    let length = (time - earlier.time) / .seconds(1)
    let parts = seconds.merging(earlier.seconds) { ($0 - $1) / length }
    guard let machine, let before = earlier.machine else { return (parts, nil) }
    return (parts, machine.busyCores(since: before))
  }
}
