/// Which aims a comparison reached.
struct AimTable: Sendable, Encodable {
  struct Row: Sendable, Equatable, Encodable {
    let figure: String
    let aim: String
    /// The figure in each round.
    let rounds: [Double]
    /// Rounds that do not count for too many other answers.
    let discarded: Int
    /// The middle of them, of two middle ones the worse; nil where it was not measured.
    let median: Double?
    /// Whether the middle is as aimed, and most rounds count; nil where it was not measured.
    let isReached: Bool?
    /// As a report tells it.
    let text: Text

    struct Text: Sendable, Equatable, Encodable {
      let median: String
      let range: String
    }
  }

  let rows: [Row]

  init(_ measurements: [Comparison.Measurement], aims: [Aim] = Aims.all) {
    let rounds = ComparedRounds(measurements: measurements)
    rows = aims.map { Row($0, rounds: $0.rounds(rounds)) }
  }

  /// The aims that were measured and missed, in words.
  var missed: [String] {
    rows.filter { $0.isReached == false }.map { row in
      let median = row.median == nil ? "no round counts" : row.text.median
      return "\(row.figure): \(median), the aim \(row.aim)"
        + (row.discarded > 0 ? "; \(row.discarded) rounds had too many other answers" : "")
    }
  }

  /// Markdown.
  var markdown: String {
    var text = "| figure | aim | median | range of the rounds | rounds | reached |\n"
    text += "| --- | ---: | ---: | ---: | ---: | --- |\n"
    for row in rows {
      let reached = row.isReached.map { $0 ? "yes" : "**no**" } ?? "not measured"
      let cells = [
        row.figure, row.aim, row.text.median, row.text.range,
        row.discarded == 0
          ? String(row.rounds.count) : "\(row.rounds.count) of \(row.rounds.count + row.discarded)",
        reached,
      ]
      text += "| " + cells.joined(separator: " | ") + " |\n"
    }
    return text
  }
}

extension AimTable.Row {
  fileprivate init(_ aim: Aim, rounds: Aim.Rounds) {
    let (rounds, discarded) = (rounds.values, rounds.discarded)
    func text(_ value: Double) -> String {
      aim.digits == 0 ? TextFormat.grouped(Int(value)) : TextFormat.fixed(value, aim.digits)
    }
    let median = aim.bound.middle(of: rounds)
    let range =
      if let least = rounds.min(), let most = rounds.max() { "\(text(least))–\(text(most))" } else {
        ""
      }
    self.init(
      figure: aim.figure, aim: aim.bound.text, rounds: rounds, discarded: discarded,
      median: median,
      isReached: rounds.count < discarded ? false : median.map(aim.bound.holds),
      text: .init(median: median.map(text) ?? "", range: range))
  }
}

extension Aim.Bound {
  fileprivate var text: String {
    func short(_ value: Double) -> String {
      value.rounded() == value ? TextFormat.grouped(Int(value)) : TextFormat.fixed(value, 1)
    }
    return switch self {
    case .atLeast(let least): "at least \(short(least))"
    case .atMost(let most): "at most \(short(most))"
    }
  }
}
