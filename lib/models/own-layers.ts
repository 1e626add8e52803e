/**
 * Registers every class of ours that a saved model may be made of, so that tfjs makes it again of its JSON. Nothing here needs Node.
 */
import './initializer';
import './layers/attention';
import './layers/attention-bias';
import './layers/counted-positions';
import './layers/dropout';
import './layers/first-input';
import './layers/first-token';
import './layers/gelu';
import './layers/layer-norm';
import './layers/lone-bias';
import './layers/pick-places';
import './layers/position-embedding';
import './layers/problem-note';
import './layers/tied-decoder';
import './layers/token-embedding';
import './layers/type-embedding';
import '../quantization/quantize-layer';
