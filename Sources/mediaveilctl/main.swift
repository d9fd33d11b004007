import Foundation

exit(Mediaveilctl.run(RawArgument.processArguments()))
