/** What a person asks of the JAR on the command line besides running roles. */
@NullMarked
package io.bierelay.command;

import org.jspecify.annotations.NullMarked;
