import EventLoop
import TestSupport

/// One place where bytes of strangers are read, with what must hold of any bytes there.
protocol Surface: AnyObject, SendableMetatype {
  /// What the command line and the corpus call it.
  static var name: String { get }
  /// Pieces that inputs of this kind are made of; the mutator puts them where it likes.
  static var words: [String] { get }
  /// The longest input that is made.
  static var maximumCount: Int { get }

  init(loop: EventLoop) throws

  /// Reads `input` in every way that the program would.
  ///
  /// - Returns: what came of it, in words: an input with an outcome not seen before joins the pool that
  ///   later inputs are made from. It must be one of few: no numbers and names of the input's own.
  /// - Throws: ``Breach`` when something does not hold that must.
  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String

  /// Ends what the surface holds open.
  func close()
}

extension Surface {
  static var maximumCount: Int { 4096 }

  func close() {}
}

/// Something that must hold for any input and does not.
struct Breach: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// - Throws: ``Breach`` unless `condition` holds.
  static func unless(
    _ condition: Bool, _ description: @autoclosure () -> String
  ) throws(Breach) {
    if !condition { throw Breach(description()) }
  }
}
