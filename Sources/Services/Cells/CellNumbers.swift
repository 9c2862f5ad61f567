/// Numbers of cells, which stand for them where a reference would cost too much. Loop-confined.
///
/// Bounded by the cells that a node knows, of which it forgets none.
struct CellNumbers {
  private var cells: [CellRuntime] = []
  private var numbers: [ObjectIdentifier: Int32] = [:]
  private var last: Int32?

  /// The number of a cell; in a crowd it is mostly the one that was asked for last.
  mutating func number(of cell: CellRuntime) -> Int32 {
    if let last, cells[Int(last)] === cell { return last }
    let number = numbers[ObjectIdentifier(cell)] ?? add(cell)
    last = number
    return number
  }

  private mutating func add(_ cell: CellRuntime) -> Int32 {
    let number = Int32(cells.count)
    cells.append(cell)
    numbers[ObjectIdentifier(cell)] = number
    return number
  }

  /// The cell that has the number.
  subscript(number: Int32) -> CellRuntime { cells[Int(number)] }
}
