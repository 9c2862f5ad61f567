/// The state of the installation under test at one moment.
struct InstallationReading: Sendable, Equatable {
  /// Processes of one name.
  struct Processes: Sendable, Equatable {
    let name: String
    let count: Int
    /// Bytes of memory that are theirs alone.
    let memory: Int
    /// Open file descriptors.
    let descriptors: Int
  }

  /// On the monotonic clock, in nanoseconds.
  let moment: UInt64
  /// Age of the oldest decision that is not in the ledger, of the cell that is furthest behind; nil where
  /// it cannot be asked.
  var lagMilliseconds: Int?
  /// Entries in the streams of all cells.
  var streamLength: Int?
  /// Dead rows of all tables of the ledger.
  var deadRows: Int?
  var processes: [Processes] = []
}
