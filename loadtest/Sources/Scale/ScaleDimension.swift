/// What grows in a part of `spillway-loadtest scale`.
enum ScaleDimension: String, CaseIterable, Sendable {
  /// Keep-alive connections that claim.
  case connections
  /// Campaigns that claims are spread over.
  case campaigns
  /// Users who hold a coupon of the campaign already.
  case holders
  /// Cells, each in a Redis of its own.
  case cells
  /// API processes.
  case processes
  /// Connections that ask nothing.
  case idle
  /// Visitors who wait in a room.
  case tickets
  /// Orders, reserved and then paid.
  case orders
  /// What is loaded into Redis when it has lost everything.
  case reopening

  /// The dimensions of a list, separated by commas, in its order.
  ///
  /// - Throws: `UsageError` for a word that is none, or comes twice.
  static func list(_ text: String) throws(UsageError) -> [ScaleDimension] {
    var dimensions: [ScaleDimension] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let dimension = ScaleDimension(rawValue: String(word)), !dimensions.contains(dimension)
      else {
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("--dimensions must be of \(known), each once")
      }
      dimensions.append(dimension)
    }
    return dimensions
  }
}
